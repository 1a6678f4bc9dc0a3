import { expect, test } from "vitest";
import { done, running, wide } from "../../../dev/scenarios";
import type { Shape } from "../../../src/protocol/rows";
import { type Mounted, mount, press } from "../../support/mount";

function graph(mounted: Mounted): Mounted {
  mounted.all(".lgs-tab")[1]?.click();
  mounted.paint();
  return mounted;
}

const node = ({ one }: Mounted, path: string) => one(`.lgs-node[data-path="${path}"]`);
const click = (element: Element) => element.dispatchEvent(new MouseEvent("click", { bubbles: true }));

test("parallel tasks are one node with a count, and selecting it selects them all", () => {
  const view = graph(mount(wide(50).ops));
  expect(node(view, "worker").getAttribute("aria-label")).toBe("worker, done, 50 visits");
  click(node(view, "worker"));
  view.paint();
  expect(view.all(".lgs-lane")).toHaveLength(50);
  expect(node(view, "worker").getAttribute("aria-pressed")).toBe("true");
});

test("a large count leaves room for the name", () => {
  const view = graph(mount(wide(1000).ops));
  expect(node(view, "worker").querySelector(".lgs-node-visits")?.textContent).toBe("×1K");
  expect(node(view, "worker").getAttribute("aria-label")).toContain("1,000 visits");
});

test("status follows the run, and the moment shown", () => {
  const view = graph(mount(running().ops));
  expect(node(view, "write/polish").getAttribute("class")).toContain("lgs-is-running");
  expect(node(view, "publish").getAttribute("class")).toContain("lgs-is-pending");
  expect(view.all(".lgs-edge.lgs-taken")).toHaveLength(4);
  press(view.one(".lgs-slider"), "Home");
  view.paint();
  expect(node(view, "write/polish").getAttribute("class")).toContain("lgs-is-pending");
});

test("a click selects like a click in the tree, a second one clears the selection", () => {
  const view = graph(mount(done().ops));
  click(node(view, "write/draft"));
  view.paint();
  expect(view.all(".lgs-card")).toHaveLength(1);
  expect(view.one('.lgs-row[data-row="/write/draft"]').getAttribute("aria-selected")).toBe("true");
  click(node(view, "write/draft"));
  view.paint();
  expect(view.all(".lgs-card")).toHaveLength(3);
});

test("keys move the focus, close a subgraph and select", () => {
  const view = graph(mount(done().ops));
  const key = (name: string) => {
    press(document.activeElement as Element, name);
    view.paint();
  };
  node(view, "refine_topic").focus();
  key("ArrowDown");
  expect(document.activeElement).toBe(node(view, "write"));
  key("ArrowLeft");
  expect(view.all('.lgs-node[data-path="write/draft"]')).toHaveLength(0);
  expect(document.activeElement).toBe(node(view, "write"));
  key("ArrowRight");
  expect(view.all('.lgs-node[data-path="write/draft"]')).toHaveLength(1);
  key("Enter");
  expect(node(view, "write").getAttribute("aria-pressed")).toBe("true");
});

test("without a shape there is only the tree", () => {
  const view = mount([[0, "run", "run", { graph: "g" }]]);
  expect(view.one(".lgs-tabs").hidden).toBe(true);
  expect(view.one(".lgs-graph-scroller").hidden).toBe(true);
});

test("painting without changes does not touch the page", () => {
  const view = graph(mount(done().ops));
  const observer = new MutationObserver(() => undefined);
  observer.observe(view.one(".lgs-graph"), { subtree: true, attributes: true, childList: true, characterData: true });
  view.play([[9, "task", "t:/publish:3", { update: "x" }]]);
  expect(observer.takeRecords()).toEqual([]);
});

test("names of nodes are shown as text, whatever they are", () => {
  const shape: Shape = {
    name: "g",
    nodes: [{ name: "<b>x</b>" }],
    edges: [["__start__", "<b>x</b>", true, "<i>l</i>"]],
  };
  const view = graph(mount([[0, "run", "run", { graph: "g", shape }]]));
  expect(view.one(".lgs-graph").querySelector("b, i")).toBeNull();
  expect(view.one(".lgs-node-name").textContent).toContain("<b>");
});
