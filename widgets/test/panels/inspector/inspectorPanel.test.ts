import { expect, test } from "vitest";
import { done, failed, running, waiting } from "../../../dev/scenarios";
import { mount } from "../../support/mount";

const button = (all: (selector: string) => HTMLElement[], name: string) =>
  all(".lgs-buttons button").find((found) => found.textContent === name) as HTMLButtonElement;

test("without a selection it shows what the task that ended last changed", () => {
  const { one } = mount(done().ops);
  expect(one(".lgs-summary").textContent).toBe("step 3 · publishpublished: False → True");
  expect(one(".lgs-sheet").hidden).toBe(true);
});

test("it follows the run", () => {
  const { one, play } = mount(running().ops);
  expect(one(".lgs-where").textContent).toBe("step 1 · write › draft");
  play([[9, "task", "t:/write/polish:2", { status: "done", ended: 9, diff: [["poem", "", '"x"']] }]]);
  expect(one(".lgs-summary").textContent).toBe('step 2 · write › polishpoem: "x"');
});

test("a selected task shows changes, update and input", () => {
  const { one, texts, paint } = mount(done().ops);
  one('.lgs-bar[data-task="t:/write/draft:1"]').click();
  paint();
  expect(texts(".lgs-section > summary")).toEqual(["changes of the state", "update", "input"]);
  expect(one(".lgs-diff").textContent).toMatch(/^joke""".*purr-fect topping\."$/);
  expect(one(".lgs-sheet > p").textContent).toBe("done · 1.9 s");
});

test("a task that waited for several nodes names them", () => {
  const { one, play, paint } = mount(done().ops);
  play([[9, "task", "t:/write/draft:1", { triggers: ["branch:to:draft", "join:outline+facts:draft"] }]]);
  one('.lgs-bar[data-task="t:/write/draft:1"]').click();
  paint();
  expect(one(".lgs-sheet > p").textContent).toBe("done · 1.9 s · after outline and facts");
});

test("a stopped task is not shown as failed", () => {
  const { one, play } = mount(running().ops);
  play([[9, "task", "t:/write/polish:2", { status: "stopped", ended: 9, error: "KeyboardInterrupt" }]]);
  expect(one(".lgs-headline").textContent).toBe("KeyboardInterrupt");
  expect(one(".lgs-headline").classList).not.toContain("lgs-error");
  expect(one(".lgs-headline svg").getAttribute("class")).toContain("lgs-is-stopped");
});

test("a failure opens by itself, with its traceback, and is not replaced by tasks that end later", () => {
  const { one } = mount(failed().ops);
  expect(one(".lgs-where").textContent).toBe("step 2 · worker #2");
  expect(one(".lgs-section pre").textContent).toMatch(/^Traceback/);
});

test("a question to a human opens by itself", () => {
  const { one } = mount(waiting().ops);
  expect(one(".lgs-asks").textContent).toContain("Book the McKittrick");
  expect(one(".lgs-section pre").textContent).toContain('"price": 210');
});

test("state shows the values after the task's superstep, of its own graph", () => {
  const { one, all, paint, texts } = mount(done().ops);
  one('.lgs-bar[data-task="t:/write/draft:1"]').click();
  paint();
  button(all, "state").click();
  paint();
  expect(one(".lgs-steps > span").textContent).toBe("The state after step 1 of write");
  expect(texts(".lgs-values .lgs-key-name")).toEqual(["topic", "joke"]);
  button(all, "state").click();
  paint();
  expect(one(".lgs-sheet").hidden).toBe(true);
});

test("the state button is disabled if no state is known", () => {
  const { all } = mount(done().ops.filter(([, table]) => table !== "step"));
  expect(button(all, "state").disabled).toBe(true);
  expect(button(all, "task").disabled).toBe(false);
});

test("what the reader opened is not painted again while nothing in it changes", () => {
  const { one, all, paint, play } = mount(running().ops);
  button(all, "task").click();
  paint();
  const sheet = one(".lgs-section");
  play([[9, "call", "c2", "text", "more"]]);
  expect(one(".lgs-section")).toBe(sheet);
});

test("the state is that of the task's own visit", () => {
  const { one, all, paint } = mount([
    [0, "run", "run", { graph: "g", status: "running", started: 0 }],
    [0, "tree", "/", { parent: "", name: "g", kind: "graph", status: "running", order: 0 }],
    [0, "tree", "/sub", { parent: "/", name: "sub", kind: "subgraph", status: "done", order: 0, visits: 2 }],
    [0, "tree", "/sub/n", { parent: "/sub", name: "n", kind: "node", status: "done", order: 0, visits: 2 }],
    [1, "step", "/sub@1", { row: "/sub", step: 1, started: 1, values: { x: "first" } }],
    [1, "task", "one", { row: "/sub/n", node: "n", step: 1, started: 1, ended: 1.5, status: "done" }],
    [2, "step", "/sub@1~2", { row: "/sub", step: 1, started: 2, values: { x: "second" } }],
    [2, "task", "two", { row: "/sub/n", node: "n", step: 1, started: 2, ended: 2.5, status: "done" }],
  ]);
  const shown = (task: string) => {
    one(`.lgs-bar[data-task="${task}"]`).click();
    paint();
    if (button(all, "state").getAttribute("aria-expanded") !== "true") button(all, "state").click();
    paint();
    return one(".lgs-values").textContent;
  };
  expect(shown("two")).toContain("second");
  expect(shown("one")).toContain("first");
});
