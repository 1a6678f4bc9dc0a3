import { expect, test } from "vitest";
import { Story, agent } from "../../dev/scenarios";
import { ConcurrentCalls } from "../../src/model/concurrentCalls";
import type { CallRow, TaskRow } from "../../src/protocol/rows";
import { mount } from "../support/mount";

/** The groups that calls make, each as `id:column`. */
function groups(calls: Record<string, CallRow>, tasks: Record<string, TaskRow> = {}): string[] {
  const call = new Map(Object.entries(calls));
  const abreast = new ConcurrentCalls(() => ({ call, task: new Map(Object.entries(tasks)) }));
  for (const [id, row] of call) abreast.add(id, row);
  return [...new Set(abreast.groups.values())].map((group) =>
    group.ids.map((id, at) => `${id}:${abreast.columns(group)[at]}`).join(" "),
  );
}

test("calls that overlap in time are side by side, calls that follow each other are not", () => {
  const row = (task: string, started: number, ended?: number): CallRow => ({ role: "model", task, started, ended });
  expect(groups({ a: row("1", 0, 2), b: row("2", 1, 3), c: row("1", 3, 4), d: row("1", 4) })).toEqual([
    "a:0 b:1",
    "c:0",
    "d:0",
  ]);
});

test("several calls of one task at the same time are side by side", () => {
  expect(groups({ a: { task: "1", started: 0 }, b: { task: "1", started: 0 } })).toEqual(["a:0 b:1"]);
});

test("each branch has a column, however deep it is", () => {
  const tasks = { w1: { parent: "top" }, w2: { parent: "top" }, inner1: { parent: "w1" }, inner2: { parent: "w2" } };
  const calls = {
    a: { task: "inner1", started: 0, ended: 2 },
    b: { task: "inner2", started: 0, ended: 3 },
    c: { task: "w1", started: 2 },
    d: { task: "w2", started: 3 },
  };
  expect(groups(calls, tasks)).toEqual(["a:0 b:1 c:0 d:1"]);
});

test("a call made by a tool is below the tool", () => {
  const calls = {
    tool: { role: "tool", task: "tools", started: 0, ended: 9 },
    model: { role: "model", task: "tools", started: 1, ended: 2 },
    deeper: { role: "model", task: "agent", started: 3, ended: 4 },
  };
  expect(groups(calls, { agent: { parent: "tools" } })).toEqual(["tool:0", "model:0", "deeper:0"]);
});

test("tools of one task that run at the same time are side by side", () => {
  const tool = { role: "tool", task: "tools", started: 0 };
  expect(groups({ a: tool, b: tool })).toEqual(["a:0 b:1"]);
});

test("cards are in the same blocks live and afterwards", () => {
  const blocks = (element: HTMLElement): number[] =>
    [...element.querySelectorAll(".lgs-abreast")].map((block) => block.childElementCount);
  const { ops } = agent();
  const live = mount();
  for (const op of ops) live.play([op]);
  expect(blocks(live.element)).toEqual([1, 2, 1]);
  expect(blocks(mount(ops).element)).toEqual([1, 2, 1]);
});

test("earlier cards are added in their blocks, with the notes in place", () => {
  const s = new Story("x").node("/a", "a").node("/b", "b").start("/a", 1).start("/b", 1);
  const call = (id: string, row: string): Story =>
    s.put("call", id, { row, task: `t:${row}:1`, path: row, role: "model", started: s.clock, text: id });
  call("c1", "/a").wait(0.1).put("note", "n1", { row: "/a", at: s.clock, text: "n1" });
  s.wait(0.1);
  call("c2", "/b").wait(0.1).put("call", "c1", { ended: s.clock }).put("call", "c2", { ended: s.clock });
  const first = mount(s.ops).one(".lgs-list").textContent;
  for (let n = 2; n < 250; n++) s.wait(0.1).put("note", `n${n}`, { row: "/a", at: s.clock, text: `n${n}` });
  const { one } = mount(s.ops);
  one(".lgs-earlier").click();
  expect(one(".lgs-list").textContent?.startsWith(first ?? "-")).toBe(true);
  expect([...(one(".lgs-list").firstElementChild?.children ?? [])].map((card) => card.className)).toHaveLength(2);
});

test("a group has at most a hundred calls", () => {
  const calls = Object.fromEntries(Array.from({ length: 250 }, (_, number) => [`c${number}`, { started: 0 }]));
  expect(groups(calls).map((group) => group.split(" ").length)).toEqual([100, 100, 50]);
});
