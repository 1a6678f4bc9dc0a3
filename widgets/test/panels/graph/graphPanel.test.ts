import { expect, test } from "vitest";
import { circles, done, running, wide } from "../../../dev/scenarios";
import { draw } from "../../../src/panels/graph/graphLayout";
import { layers } from "../../../src/panels/graph/layeredLayout";
import { edgeKey, graphProgress } from "../../../src/model/graphProgress";
import type { Shape } from "../../../src/protocol/rows";
import { type Mounted, mount, press } from "../../support/mount";

const box = { width: 60, height: 20 };
const boxes = (names: string) => new Map([...names].map((name) => [name, box]));

function graph(mounted: Mounted): Mounted {
  mounted.all(".lgs-tab")[1]?.click();
  mounted.paint();
  return mounted;
}

const node = ({ one }: Mounted, path: string) => one(`.lgs-node[data-path="${path}"]`);
const click = (element: Element) => element.dispatchEvent(new MouseEvent("click", { bubbles: true }));

test("each edge leads down, but those that close a circle", () => {
  const edges = ["ab", "bc", "cb", "bd", "da"].map((pair) => [pair[0]!, pair[1]!] as const);
  const { nodes } = layers(boxes("abcd"), edges);
  const y = (name: string) => nodes.get(name)!.y;
  expect([y("a") < y("b"), y("b") < y("c"), y("b") < y("d"), y("d") > y("a")]).toEqual([true, true, true, true]);
});

test("boxes never overlap, whatever the graph", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 40; round++) {
    const names = "abcdefghijkl".slice(0, 2 + random(11));
    const edges = Array.from({ length: random(30) }, () => [
      names[random(names.length)]!,
      names[random(names.length)]!,
    ]);
    const { nodes, width, height, edges: routes } = layers(boxes(names), edges as [string, string][]);
    const places = [...nodes.values()];
    places.forEach((a, at) => {
      expect(a.x - 30).toBeGreaterThanOrEqual(-0.01);
      expect(a.x + 30).toBeLessThanOrEqual(width + 0.01);
      expect(a.y + 10).toBeLessThanOrEqual(height + 0.01);
      for (const b of places.slice(at + 1)) {
        expect(Math.abs(a.x - b.x) >= 60 || Math.abs(a.y - b.y) >= 20).toBe(true);
      }
    });
    edges.forEach(([from, to], at) => {
      if (from === to) return;
      const route = routes[at]!;
      expect(Math.abs(route[0]![0] - nodes.get(from!)!.x)).toBeLessThanOrEqual(30);
      expect(Math.abs(route.at(-1)![0] - nodes.get(to!)!.x)).toBeLessThanOrEqual(30);
    });
  }
});

test("a diamond is drawn without crossings, its ends in the middle", () => {
  const { nodes } = layers(boxes("abcd"), [
    ["a", "b"],
    ["a", "c"],
    ["b", "d"],
    ["c", "d"],
  ]);
  expect(nodes.get("a")!.x).toBeCloseTo((nodes.get("b")!.x + nodes.get("c")!.x) / 2);
  expect(nodes.get("d")!.x).toBeCloseTo(nodes.get("a")!.x);
});

test("an edge past a tall node goes straight down beside it", () => {
  const tall = new Map([...boxes("ac"), ["b", { width: 200, height: 300 }]]);
  const { nodes, edges } = layers(tall, [
    ["a", "b"],
    ["b", "c"],
    ["c", "a"],
  ]);
  const { x, y } = nodes.get("b")!;
  const beside = edges[2]!.slice(1, -1);
  expect(beside.every(([at]) => Math.abs(at - x) > 100)).toBe(true);
  expect(beside.map(([, at]) => at)).toEqual([y + 150, y - 150]);
});

test("two hundred nodes are drawn at once", () => {
  const names = Array.from({ length: 200 }, (_, n) => `n${n}`);
  const shape: Shape = {
    name: "g",
    nodes: names.map((name) => ({ name })),
    edges: names.slice(1).map((name, at) => [names[at >> 1]!, name, false, ""]),
  };
  expect(draw(shape, () => true).parts).toHaveLength(200);
});

test("an open subgraph holds its nodes; a closed one is a node", () => {
  const shape = running().ops.flatMap((op) => (op.length === 4 && op[3]["shape"] ? [op[3]["shape"]] : []))[0] as Shape;
  const open = draw(shape, () => true);
  const write = open.parts.find(({ path }) => path === "write")!;
  for (const part of open.parts.filter(({ path }) => path.startsWith("write/"))) {
    expect(part.x >= write.x && part.x + part.width <= write.x + write.width).toBe(true);
    expect(part.y >= write.y && part.y + part.height <= write.y + write.height).toBe(true);
  }
  expect(draw(shape, () => false).parts.map(({ path }) => path)).not.toContain("write/draft");
});

test("edges count how often they were taken, circles and loops on one node included", () => {
  const mounted = mount(circles().ops);
  const { tables, run } = mounted.store;
  const { edges, nodes } = graphProgress(run.shape!, tables);
  expect(Object.fromEntries(edges)).toEqual({
    [edgeKey("", "__start__", "plan")]: 1,
    [edgeKey("", "plan", "agent")]: 1,
    [edgeKey("", "agent", "tools")]: 2,
    [edgeKey("", "tools", "agent")]: 2,
    [edgeKey("", "agent", "critic")]: 1,
    [edgeKey("", "critic", "critic")]: 1,
    [edgeKey("", "critic", "__end__")]: 1,
  });
  expect(nodes.get("agent")?.visits).toBe(3);
});

test("a join's edges count though its sources ran in different supersteps", () => {
  const shape: Shape = {
    name: "g",
    nodes: ["a", "b", "c", "j"].map((name) => ({ name })),
    edges: [
      ["__start__", "a", false, ""],
      ["__start__", "b", false, ""],
      ["b", "c", false, ""],
      ["a", "j", false, ""],
      ["c", "j", false, ""],
    ],
  };
  const tables = mount([[0, "tree", "/", { parent: "" }]]).store.tables;
  const run = (name: string, step: number, triggers: string[] = []) => {
    tables.tree.set(name, { parent: "/", name });
    tables.task.set(`t${name}`, { row: name, step, status: "done", triggers });
  };
  run("a", 1);
  run("b", 1);
  run("c", 2);
  run("j", 3, ["join:a+c:j"]);
  const taken = graphProgress(shape, tables).edges;
  expect([taken.get(edgeKey("", "a", "j")), taken.get(edgeKey("", "c", "j"))]).toEqual([1, 1]);
});

test("parallel tasks are one node with a count, and selecting it selects them all", () => {
  const view = graph(mount(wide(50).ops));
  expect(node(view, "worker").getAttribute("aria-label")).toBe("worker, done, 50 visits");
  click(node(view, "worker"));
  view.paint();
  expect(view.all(".lgs-lane")).toHaveLength(50);
  expect(node(view, "worker").getAttribute("aria-pressed")).toBe("true");
});

test("a large count leaves the name its room", () => {
  const view = graph(mount(wide(1000).ops));
  expect(node(view, "worker").querySelector(".lgs-node-visits")?.textContent).toBe("×1K");
  expect(node(view, "worker").getAttribute("aria-label")).toContain("1,000 visits");
});

test("status follows the run, and the moment looked at", () => {
  const view = graph(mount(running().ops));
  expect(node(view, "write/polish").getAttribute("class")).toContain("lgs-is-running");
  expect(node(view, "publish").getAttribute("class")).toContain("lgs-is-pending");
  expect(view.all(".lgs-edge.lgs-taken")).toHaveLength(4);
  press(view.one(".lgs-slider"), "Home");
  view.paint();
  expect(node(view, "write/polish").getAttribute("class")).toContain("lgs-is-pending");
});

test("a click selects as the tree does, a second lets go", () => {
  const view = graph(mount(done().ops));
  click(node(view, "write/draft"));
  view.paint();
  expect(view.all(".lgs-card")).toHaveLength(1);
  expect(view.one('.lgs-row[data-row="/write/draft"]').getAttribute("aria-selected")).toBe("true");
  click(node(view, "write/draft"));
  view.paint();
  expect(view.all(".lgs-card")).toHaveLength(3);
});

test("keys move, fold a subgraph and select", () => {
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

test("a repaint where nothing changed touches nothing", () => {
  const view = graph(mount(done().ops));
  const observer = new MutationObserver(() => undefined);
  observer.observe(view.one(".lgs-graph"), { subtree: true, attributes: true, childList: true, characterData: true });
  view.play([[9, "task", "t:/publish:3", { update: "x" }]]);
  expect(observer.takeRecords()).toEqual([]);
});

test("names of nodes are text, whatever they are", () => {
  const shape: Shape = {
    name: "g",
    nodes: [{ name: "<b>x</b>" }],
    edges: [["__start__", "<b>x</b>", true, "<i>l</i>"]],
  };
  const view = graph(mount([[0, "run", "run", { graph: "g", shape }]]));
  expect(view.one(".lgs-graph").querySelector("b, i")).toBeNull();
  expect(view.one(".lgs-node-name").textContent).toContain("<b>");
});
