import { expect, test } from "vitest";
import { done, running, waiting, wide } from "../../dev/scenarios";
import { mount, press } from "../support/mount";

const names = ".lgs-row-name";

test("rows are in the order of the tree, with their level", () => {
  const { texts, all } = mount(running().ops);
  expect(texts(names)).toEqual(["joke_writer", "refine_topic", "write", "draft", "polish", "approve", "publish"]);
  expect(all(".lgs-row").map((row) => row.getAttribute("aria-level"))).toEqual(["1", "2", "2", "3", "3", "3", "2"]);
});

test("a node that was not reached yet is listed as such", () => {
  const { all } = mount(running().ops);
  const publish = all(".lgs-row").at(-1);
  expect(publish?.className).toContain("lgs-is-pending");
  expect(publish?.title).toBe("publish: not reached");
  expect(publish?.querySelector(".lgs-row-facts")?.textContent).toBe("–");
});

test("each row shows tokens and time, or that it is waiting", () => {
  expect(mount(done().ops).texts(".lgs-row-facts")[3]).toBe("128 tok · 1.9 s");
  expect(mount(waiting().ops).texts(".lgs-row-facts")[2]).toBe("waiting");
});

test("a row added later is inserted in its place, and the other rows keep their elements", () => {
  const { play, all, texts } = mount(running().ops);
  const before = all(".lgs-row");
  play([[5, "tree", "/write/extra", { parent: "/write", name: "extra", kind: "node", status: "pending", order: 2.5 }]]);
  expect(texts(names)).toEqual([
    "joke_writer",
    "refine_topic",
    "write",
    "draft",
    "extra",
    "polish",
    "approve",
    "publish",
  ]);
  expect(all(".lgs-row").filter((row) => before.includes(row))).toHaveLength(before.length);
});

test("the icon of a row has its status as label", () => {
  const { all } = mount(running().ops);
  const said = all(".lgs-row > .lgs-slot").map(
    (slot) => `${slot.getAttribute("role")} ${slot.getAttribute("aria-label")}`,
  );
  expect(new Set(said)).toEqual(new Set(["img running", "img done", "img not reached"]));
});

test("Tab reaches only one row", () => {
  expect(mount(running().ops).all('.lgs-row[tabindex="0"]')).toHaveLength(1);
});

test("arrow keys move, open and close", () => {
  const { one, texts, element } = mount(running().ops);
  const at = () => element.querySelector('.lgs-row[tabindex="0"] .lgs-row-name')?.textContent;
  const tree = one('[role="tree"]');
  press(tree, "ArrowDown");
  press(tree, "ArrowDown");
  expect(at()).toBe("write");
  expect(document.activeElement?.textContent).toContain("write");
  press(tree, "ArrowRight");
  expect(at()).toBe("draft");
  press(tree, "ArrowLeft");
  press(tree, "ArrowLeft");
  expect(texts(names)).toEqual(["joke_writer", "refine_topic", "write", "publish"]);
  expect(one('[aria-expanded="false"] .lgs-row-name').textContent).toBe("write");
  press(tree, "ArrowRight");
  press(tree, "End");
  expect(at()).toBe("publish");
  press(tree, "Home");
  expect(at()).toBe("joke_writer");
});

test("the twisty closes a subgraph without selecting it", () => {
  const { all, texts, paint, one } = mount(running().ops);
  one('.lgs-row[data-row="/write"] .lgs-twisty').click();
  paint();
  expect(texts(names)).toEqual(["joke_writer", "refine_topic", "write", "publish"]);
  expect(all('[aria-selected="true"]')).toHaveLength(0);
});

test("a second visit is counted", () => {
  const { play, one } = mount(done().ops);
  play([[5, "tree", "/publish", { visits: 3 }]]);
  expect(one('.lgs-row[data-row="/publish"] .lgs-visits').textContent).toBe("×3");
});

test("of two thousand rows the first are shown, and more with the button", () => {
  const { all, one } = mount(wide(2000).ops);
  expect(all(".lgs-row")).toHaveLength(300);
  const more = one(".lgs-tree-scroller .lgs-more");
  expect(more.textContent).toBe("1,702 more");
  more.click();
  expect(all(".lgs-row")).toHaveLength(600);
});
