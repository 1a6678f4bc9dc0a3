import { expect, test } from "vitest";
import { done, failed, running } from "../../dev/scenarios";
import { mount, press, type } from "../support/mount";

const lanes = ".lgs-lane-name";
const cards = ".lgs-path";

test("a selected row filters tokens, timeline and inspector to what is below it", () => {
  const { one, texts, paint } = mount(done().ops);
  one('.lgs-row[data-row="/write"]').click();
  paint();
  expect(texts(lanes)).toEqual(["write", "draft", "polish"]);
  expect(texts(cards)).toEqual(["write › draft", "write › polish", "write › polish"]);
  expect(one(".lgs-where").textContent).toBe("step 2 · write");
  expect(one('[aria-selected="true"]').dataset["row"]).toBe("/write");
});

test("a selection does not remove rows from the tree", () => {
  const { one, all, paint } = mount(done().ops);
  const before = all(".lgs-row").length;
  one('.lgs-row[data-row="/publish"]').click();
  paint();
  expect(all(".lgs-row")).toHaveLength(before);
  expect(one(".lgs-empty").textContent).toBe("Nothing here matches.");
});

test.each(["again", "Escape", "root"])("the selection is cleared: %s", (how) => {
  const { one, texts, paint, element } = mount(done().ops);
  one('.lgs-row[data-row="/publish"]').click();
  paint();
  expect(texts(lanes)).toEqual(["publish"]);
  if (how === "again") one('.lgs-row[data-row="/publish"]').click();
  else if (how === "root") one('.lgs-row[data-row="/"]').click();
  else press(element, "Escape");
  paint();
  expect(texts(lanes)).toHaveLength(5);
});

test("Enter on a row selects it", () => {
  const { one, texts, paint } = mount(done().ops);
  press(one('[role="tree"]'), "ArrowDown");
  press(one('[role="tree"]'), "Enter");
  paint();
  expect(texts(lanes)).toEqual(["refine_topic"]);
});

test.each([
  ["draft", ["joke_writer", "write", "draft"], ["write › draft"]],
  ["POEM", ["joke_writer", "write", "polish"], ["write › polish"]],
  ["ice-cream cone", ["joke_writer", "write", "draft"], ["write › draft"]],
])("the filter %j finds nodes, tags and text", (text, rows, paths) => {
  const { one, texts, paint } = mount(done().ops);
  type(one(".lgs-filter") as HTMLInputElement, text);
  paint();
  expect(texts(".lgs-row-name")).toEqual(rows);
  expect(texts(cards)).toEqual(paths);
});

test("the filter finds custom writes", () => {
  const { one, all, paint } = mount(done().ops);
  type(one(".lgs-filter") as HTMLInputElement, "topic refined");
  paint();
  expect(all(".lgs-note")).toHaveLength(1);
  expect(all(".lgs-card")).toHaveLength(0);
});

test("a card appears when its streamed text begins to match", () => {
  const { one, texts, paint, play } = mount(running().ops);
  type(one(".lgs-filter") as HTMLInputElement, "marmalade");
  paint();
  expect(texts(cards)).toEqual([]);
  play([
    [9, "call", "c2", "text", " orange marma"],
    [9, "call", "c2", "text", "lade"],
  ]);
  expect(texts(cards)).toEqual(["write › polish"]);
});

test("a row that is added below the selection later is shown", () => {
  const { one, texts, paint, play } = mount(running().ops);
  one('.lgs-row[data-row="/write"]').click();
  paint();
  play([
    [9, "tree", "/write/new", { parent: "/write", name: "new", kind: "node", status: "running", order: 9 }],
    [9, "task", "new", { row: "/write/new", step: 3, started: 9, status: "running" }],
  ]);
  expect(texts(lanes)).toEqual(["write", "draft", "polish", "new"]);
});

test("selection and filter can be combined", () => {
  const { one, texts, paint } = mount(failed().ops);
  one('.lgs-row[data-row="/worker #1"]').click();
  type(one(".lgs-filter") as HTMLInputElement, "eels");
  paint();
  expect(texts(cards)).toEqual([]);
});
