import { expect, test } from "vitest";
import { agent, done, failed, running, waiting, wide } from "../../../dev/scenarios";
import { TimeAxis, TimeScale, axisMarks, timelineSeconds } from "../../../src/panels/timeline/timeScale";
import { type Operation, ROOT_ID } from "../../../src/protocol/rows";
import { tickPath } from "../../../src/panels/timeline/tokenTicks";
import { mount, press } from "../../support/mount";

const style = (element: Element | null | undefined, name: string) =>
  (element as HTMLElement).style.getPropertyValue(name);

test("there is a lane for each tree row that ran, nested like the tree", () => {
  const { texts, all } = mount(running().ops);
  expect(texts(".lgs-lane-name")).toEqual(["refine_topic", "write", "draft", "polish"]);
  expect(all(".lgs-lane").map((lane) => style(lane, "--lgs-depth"))).toEqual(["0", "0", "1", "1"]);
});

test("a bar spans its task's time, whatever the scale", () => {
  const { one } = mount(done().ops);
  const bar = one('.lgs-bar[data-task="t:/write/draft:1"]');
  expect(style(bar, "--lgs-from")).toBe("0.0800");
  expect(style(bar, "--lgs-for")).toBe("1.9000");
});

test("a task is hatched between its end and the end of its superstep", () => {
  const { all, one } = mount(failed().ops);
  expect(all(".lgs-wait")).toHaveLength(1);
  const worker = one('.lgs-bar[data-task="t:/worker #1:2"]');
  expect(worker.nextElementSibling?.className).toBe("lgs-wait");
  const ended = Number(style(worker, "--lgs-from")) + Number(style(worker, "--lgs-for"));
  expect(Number(style(worker.nextElementSibling, "--lgs-from"))).toBeCloseTo(ended);
});

test("the root graph's supersteps are bands, those of subgraphs are not", () => {
  expect(mount(done().ops).texts(".lgs-band")).toEqual(["1", "2", "3"]);
});

test("a change repaints only its own bar", () => {
  const { store, element, play, one } = mount(running().ops);
  const changed = new Set<Node>();
  const observer = new MutationObserver((records) => records.forEach((record) => changed.add(record.target)));
  observer.observe(element.querySelector(".lgs-lanes") as Node, { subtree: true, attributes: true, childList: true });
  play([[store.now(), "task", "t:/refine_topic:1", { status: "failed" }]]);
  for (const record of observer.takeRecords()) changed.add(record.target);
  const bars = [...changed]
    .map((node) => (node as Element).closest(".lgs-bar"))
    .filter((bar) => bar?.className.includes("lgs-is-done"));
  expect(bars).toEqual([]);
  expect(one('.lgs-bar[data-task="t:/refine_topic:1"]').className).toContain("lgs-is-failed");
});

test("failed and waiting bars carry a sign, not only a colour", () => {
  expect(mount(failed().ops).all(".lgs-bar.lgs-is-failed svg")).toHaveLength(1);
  expect(mount(waiting().ops).all(".lgs-bar.lgs-is-waiting svg")).toHaveLength(1);
});

test("the tooltip of a bar shows input and update", () => {
  const { one } = mount(done().ops);
  const bar = one('.lgs-bar[data-task="t:/write/draft:1"]');
  bar.dispatchEvent(new Event("pointerover", { bubbles: true }));
  expect(bar.title).toMatch(/^draft, step 1, done, 1.9 s\ninput: .*ice cream and cats.*\nupdate: .*Why did/);
  expect(bar.title).toContain("task t:/write/draft:1");
});

test("a click inspects the task, a second click deselects it", () => {
  const { one, paint, all } = mount(done().ops);
  one('.lgs-bar[data-task="t:/refine_topic:1"]').click();
  paint();
  expect(one(".lgs-where").textContent).toBe("step 1 · refine_topic");
  expect(all('.lgs-bar[aria-pressed="true"]')).toHaveLength(1);
  one('.lgs-bar[data-task="t:/refine_topic:1"]').click();
  paint();
  expect(all('.lgs-bar[aria-pressed="true"]')).toHaveLength(0);
});

test("arrow keys move between bars; Tab reaches one of them", () => {
  const { one, all } = mount(done().ops);
  expect(all('.lgs-bar[tabindex="0"]')).toHaveLength(1);
  press(one(".lgs-lanes"), "ArrowDown");
  press(one(".lgs-lanes"), "ArrowDown");
  expect((document.activeElement as HTMLElement).dataset["task"]).toBe("t:/write/draft:1");
  expect(all('.lgs-bar[tabindex="0"]')).toEqual([document.activeElement]);
});

test("of two thousand lanes two hundred are shown, and more with the button", () => {
  const { all, one } = mount(wide(2000).ops);
  expect(all(".lgs-lane")).toHaveLength(200);
  const more = one(".lgs-lanes-scroller .lgs-more");
  expect(more.textContent).toBe("1,801 more lanes");
  more.click();
  expect(all(".lgs-lane")).toHaveLength(400);
  expect(all(".lgs-bar")).toHaveLength(400);
});

test("of very many bars those that look the same are drawn once; zooming in draws more, and failures are drawn", () => {
  const tasks = Array.from({ length: 20_000 }, (_, n): Operation => {
    const status = n === 10_000 ? "failed" : "done";
    return [200, "task", `t${n}`, { row: "/n", node: "n", step: n, started: n / 100, ended: (n + 1) / 100, status }];
  });
  const { all, one } = mount([
    [0, "run", "run", { graph: "g", status: "running", started: 0 }],
    [0, "tree", "/", { parent: "", name: "g", path: "", kind: "graph", status: "running", order: 0 }],
    [0, "tree", "/n", { parent: "/", name: "n", path: "n", kind: "node", status: "running", order: 1 }],
    ...tasks,
    [200, "run", "run", { status: "done", ended: 200 }],
  ]);
  const drawn = all(".lgs-bar").length;
  expect(drawn).toBeGreaterThan(1000);
  expect(drawn).toBeLessThan(3000);
  expect(one('[data-task="t10000"]').className).toContain("lgs-is-failed");
  one('[aria-label="Zoom in"]').click();
  expect(all(".lgs-bar").length).toBeGreaterThan(drawn);
});

test("while the run is running the scale is ahead of the clock, in steps; at the end it fits", () => {
  expect([0.1, 1.9, 2, 4, 9, 11, 59, 61, 200].map((now) => timelineSeconds(now, true))).toEqual([
    2, 2, 3, 5, 10, 20, 120, 120, 300,
  ]);
  expect(timelineSeconds(4.2, false)).toBe(4.2);
});

test("no two marks of an axis of a few milliseconds read the same", () => {
  for (const to of [0.001, 0.0019, 0.0031, 0.0042]) {
    const axis = new TimeAxis();
    axis.paint({ from: 0, to });
    const read = [...axis.element.children].map((mark) => mark.textContent);
    expect(new Set(read).size, read.join(", ")).toBe(read.length);
  }
});

test("with too many supersteps to tell apart, no bands are drawn", () => {
  const steps = Array.from({ length: 301 }, (_, n): Operation => [
    n,
    "step",
    `s${n}`,
    { row: ROOT_ID, step: n + 1, started: n, ended: n + 1 },
  ]);
  const { all, play } = mount([
    [0, "run", "run", { graph: "long", status: "running", started: 0 }],
    ...steps.slice(0, 300),
  ]);
  expect(all(".lgs-band")).toHaveLength(300);
  play(steps.slice(300));
  expect(all(".lgs-band")).toHaveLength(0);
});

test("marks are round numbers, not too near to the end", () => {
  expect(axisMarks(4.2)).toEqual([0, 1, 2, 3]);
  expect(axisMarks(0.9)).toEqual([0, 0.2, 0.4, 0.6000000000000001]);
  expect(axisMarks(600)).toEqual([0, 120, 240, 360, 480]);
});

test("tokens that are very close are one mark", () => {
  const times = Array.from({ length: 20_000 }, (_, n) => n / 500);
  expect(tickPath(times, 40).match(/M/g)?.length).toBeLessThanOrEqual(301);
});

test("a further subgraph of one task has a lane of its own, for its tree row", () => {
  const row = { parent: "/write", name: "subgraph 2", path: "write › subgraph 2", kind: "subgraph", order: 9 };
  const { all, texts, play } = mount(running().ops);
  play([[3, "tree", "/write/2", { ...row, status: "running", started: 3, color: 5 }]]);
  expect(texts(".lgs-lane-name")).toContain("subgraph 2");
  play([[4, "tree", "/write/2", { status: "done", ended: 3.5 }]]);
  const [bar] = all(".lgs-span");
  expect([style(bar, "--lgs-from"), style(bar, "--lgs-for")]).toEqual(["3.0000", "0.5000"]);
  expect(all(".lgs-span")).toHaveLength(1);
});

test("a task that asked a question keeps its mark after the answer", () => {
  const { one, play } = mount(waiting().ops);
  play([[2, "task", "t:/confirm:2", { status: "done", ended: 2 }]]);
  const bar = one('.lgs-bar[data-task="t:/confirm:2"]');
  expect(bar.querySelector(".lgs-is-waiting")).not.toBeNull();
  expect(bar.getAttribute("aria-label")).toContain("asked");
});

test("a new scale moves two thousand tasks with two properties, without touching a bar", () => {
  const { one, element } = mount(wide(2000).ops);
  const observer = new MutationObserver(() => undefined);
  observer.observe(element.querySelector(".lgs-lanes") as Node, { subtree: true, attributes: true, childList: true });
  one('[aria-label="Zoom in"]').click();
  const touched = observer.takeRecords().map(({ target }) => target as Element);
  expect(touched.filter((target) => target.closest(".lgs-bar"))).toEqual([]);
});

test("a failed attempt has a mark as long as the pause after it", () => {
  const { all } = mount(agent().ops);
  const found = all(".lgs-retry").map((mark) => [style(mark, "--lgs-from"), style(mark, "--lgs-for")].map(Number));
  const [[first = 0] = [], [second = 0] = []] = found;
  expect(found).toEqual([
    [first, 0.1],
    [second, 0.2],
  ]);
  expect(second - first).toBeCloseTo(0.3);
  expect(all(".lgs-retry")[0]?.title).toBe(
    "try 1 failed: ConnectTimeout: the weather is late; tried again after 100 ms",
  );
  expect(all(".lgs-bar").map((bar) => bar.getAttribute("aria-label"))).toContain(
    "tools, step 2, done, tried 3 times, 1.2 s",
  );
});

test("before the attempt failed, there is no mark", () => {
  const { all, view, paint, one } = mount(agent().ops);
  expect(view).toBeDefined();
  press(one(".lgs-slider"), "Home");
  paint();
  expect(all(".lgs-retry")).toEqual([]);
});

test("a window follows the present if it contains it", () => {
  const scale = new TimeScale();
  scale.advance(4, 5);
  scale.zoom(0.4, 4);
  expect([scale.from, scale.to]).toEqual([2.4, 4.4]);
  scale.advance(4.3, 5);
  expect(scale.from).toBe(2.4);
  scale.advance(4.5, 8);
  expect([scale.from, scale.to].map((t) => Math.round(t * 10) / 10)).toEqual([3.3, 5.3]);
  scale.pan(-3);
  scale.advance(7, 8);
  expect(Math.round(scale.from * 10) / 10).toBe(0.3);
});

test("a window never extends beyond the end of a run that has ended", () => {
  const scale = new TimeScale();
  scale.advance(4, 5);
  scale.zoom(0.4, 5);
  scale.advance(4.1, 4.1);
  expect(scale.to).toBeCloseTo(4.1);
  expect(scale.seconds).toBeCloseTo(2);
});

test("the initial state of a run is not drawn as a superstep", () => {
  const { play, texts } = mount(running().ops);
  play([[5, "step", "/@0", { row: "/", step: 0, started: 5 }]]);
  play([[5, "step", "/@0", { ended: 5 }]]);
  expect(texts(".lgs-band")).toEqual(["1", "2"]);
});
