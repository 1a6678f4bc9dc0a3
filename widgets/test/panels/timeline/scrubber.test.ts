import { expect, test, vi } from "vitest";
import { done, failed, long, running, wide } from "../../../dev/scenarios";
import { TimeScale } from "../../../src/panels/timeline/timeScale";
import { lay, mount, point, press } from "../../support/mount";

const slider = ".lgs-slider";

function at(part: number, view: ReturnType<typeof mount>): void {
  lay(view.one(slider), 1000);
  point(view.one(slider), "pointerdown", part * 1000);
  view.paint();
}

test("every panel follows a drag to the past, and the button returns to the end", () => {
  const view = mount(done().ops);
  const { one, texts, all, paint } = view;
  at(1.5 / view.store.now(), view);
  expect(one(".lgs-status").textContent).toBe("running");
  expect(one(".lgs-elapsed").textContent).toBe("1.5 s");
  expect(all(".lgs-card")).toHaveLength(1);
  expect(texts(".lgs-text")[0]).toMatch(/^Why did/);
  expect(texts(".lgs-text")[0]).not.toContain("topping");
  expect(texts(".lgs-lane-name")).toEqual(["refine_topic", "write", "draft"]);
  expect(one('.lgs-row[data-row="/write/polish"]').className).toContain("lgs-is-pending");
  expect(one(".lgs-where").textContent).toBe("step 1 · refine_topic");
  one(".lgs-live-button").click();
  paint();
  expect(one(".lgs-status").textContent).toBe("done");
  expect(all(".lgs-card")).toHaveLength(3);
});

test("a card in the past does not show later reasoning and errors", () => {
  const view = mount(done().ops);
  expect(view.all(".lgs-reasoning")).toHaveLength(1);
  at(2.01 / view.store.now(), view);
  expect(view.all(".lgs-card")).toHaveLength(2);
  expect(view.all(".lgs-reasoning")).toHaveLength(0);
});

test("the moment shown does not change while the run continues, until the reader returns to the present", () => {
  const view = mount(running().ops);
  at(0.5, view);
  const elapsed = view.one(".lgs-elapsed").textContent;
  view.play([[9, "call", "late", { row: "/publish", path: "publish", role: "model", started: 9 }]]);
  expect(view.one(".lgs-elapsed").textContent).toBe(elapsed);
  expect(view.texts(".lgs-path")).not.toContain("publish");
  expect(view.one(".lgs-live-button").textContent).toBe("live");
  press(view.one(slider), "End");
  view.paint();
  expect(view.texts(".lgs-path")).toContain("publish");
});

test("Home goes to the start, arrows and page keys move, End and Escape go to the present", () => {
  const view = mount(done().ops);
  const now = () => view.one(slider).getAttribute("aria-valuenow");
  const end = now();
  press(view.one(slider), "Home");
  view.paint();
  expect(now()).toBe("0.0");
  press(view.one(slider), "PageUp");
  press(view.one(slider), "PageUp");
  press(view.one(slider), "ArrowLeft");
  view.paint();
  expect(Number(now())).toBeCloseTo(view.store.now() * 0.19, 1);
  expect(view.one(slider).getAttribute("aria-valuetext")).toMatch(/^\d\.\d s$/);
  press(view.one(slider), "Escape");
  view.paint();
  expect(now()).toBe(end);
});

test("moving in time does not change the scale, nor the space of lanes and notices", () => {
  const view = mount(failed().ops);
  const look = () => [
    view.one(".lgs-timeline").style.getPropertyValue("--lgs-room"),
    view.one(".lgs-field").style.getPropertyValue("--lgs-s"),
    view.one(".lgs-notice.lgs-failed").hidden,
    view.one(".lgs-axis").textContent,
  ];
  const before = look();
  at(0.1, view);
  expect(look()).toEqual(before);
  expect(view.one(".lgs-notice.lgs-failed").className).toContain("lgs-unseen");
});

test("Stop stays in the past: it stops the run, whatever moment is shown", () => {
  const view = mount(running().ops);
  at(0.1, view);
  expect(view.one(".lgs-stop").hidden).toBe(false);
});

test("during a drag only the end of a long card is shown, and all of it when the drag pauses", () => {
  vi.useFakeTimers();
  const view = mount(long(40_000).ops);
  const length = () => view.one(".lgs-text").textContent?.length ?? 0;
  const whole = length();
  at(0.4, view);
  expect(length()).toBeLessThan(9000);
  expect(view.one(".lgs-text").textContent).toMatch(/^… [\d,]+ characters before/);
  vi.advanceTimersByTime(1000);
  view.paint();
  expect(length() / whole).toBeCloseTo(0.6, 1); // the scale is ahead of the run
  vi.useRealTimers();
});

test("with two thousand tasks, a drag does not make the page grow", () => {
  const view = mount(wide(2000).ops);
  at(0.5, view);
  expect(view.all(".lgs-lane").length).toBeLessThanOrEqual(200);
  expect(view.all(".lgs-bar").length).toBeLessThanOrEqual(200);
});

test("zoom keeps the moment under the pointer, and never leaves the run", () => {
  const scale = new TimeScale();
  scale.whole = 10;
  scale.zoom(0.5, 4);
  expect([scale.from, scale.to]).toEqual([2, 7]);
  scale.pan(100);
  expect([scale.from, scale.to]).toEqual([5, 10]);
  scale.reveal(1);
  expect([scale.from, scale.to]).toEqual([1, 6]);
  scale.zoom(9, 3);
  expect([scale.from, scale.to, scale.isZoomed]).toEqual([0, 10, false]);
});

test("the wheel zooms with Ctrl; without it the page scrolls", () => {
  const view = mount(done().ops);
  const wheel = (more: WheelEventInit) => {
    const event = new WheelEvent("wheel", { deltaY: -1, bubbles: true, cancelable: true, ...more });
    view.one(".lgs-lanes").dispatchEvent(event);
    return event.defaultPrevented;
  };
  expect(wheel({})).toBe(false);
  expect(wheel({ ctrlKey: true })).toBe(true);
  expect(view.one(".lgs-timeline").className).toContain("lgs-zoomed");
  expect(wheel({ ctrlKey: true, deltaY: 1 })).toBe(true);
  expect(view.one(".lgs-timeline").className).not.toContain("lgs-zoomed");
});

test("buttons and keys zoom; a drag beside the bars moves the range shown", () => {
  const view = mount(done().ops);
  const from = () => Number(view.one(".lgs-field").style.getPropertyValue("--lgs-t0"));
  view.one('[aria-label="Zoom in"]').click();
  press(view.one(slider), "+");
  expect(from()).toBeGreaterThan(0);
  const before = from();
  Object.defineProperty(view.one(".lgs-over"), "clientWidth", { value: 1000 });
  point(view.one(".lgs-lanes"), "pointerdown", 100);
  point(view.one(".lgs-lanes"), "pointermove", 400);
  expect(from()).toBeLessThan(before);
  press(view.one(slider), "0");
  expect(from()).toBe(0);
});
