import { expect, test } from "vitest";
import { done, failed, running, waiting } from "../../dev/scenarios";
import { mount, type } from "../support/mount";

test("the status is an icon and a word", () => {
  for (const [story, word, glyph] of [
    [running(), "running", "running"],
    [done(), "done", "done"],
    [failed(), "failed", "failed"],
    [waiting(), "waiting for an answer", "waiting"],
  ] as const) {
    const { one } = mount(story.ops);
    expect(one(".lgs-status").textContent).toBe(word);
    expect(one(".lgs-status svg").getAttribute("class")).toContain(`lgs-is-${glyph}`);
  }
});

test("graph, time, step and counts are shown", () => {
  const { one } = mount(done().ops);
  expect(one(".lgs-name").textContent).toBe("joke_writer");
  expect(one(".lgs-facts").textContent).toMatch(/^3\.8 sstep 32 calls · 218 tokens · 57 tok\/s/);
});

test("the clock shows tenths while the run is running, and the time as in the tree when it has ended", () => {
  const { one, play } = mount([[0, "run", "run", { graph: "joke", status: "running", started: 0 }]]);
  expect(one(".lgs-elapsed").textContent).toBe("0.0 s");
  play([[0.124, "run", "run", { status: "done", ended: 0.124 }]]);
  expect(one(".lgs-elapsed").textContent).toBe("124 ms");
});

test("the error and the note of the run are shown, as text", () => {
  expect(mount(failed().ops).one(".lgs-notice.lgs-failed").textContent).toMatch(/^RateLimitError/);
  expect(mount(waiting().ops).one(".lgs-notice:not(.lgs-failed)").textContent).toMatch(/^Waits for an answer/);
  expect(
    mount(done().ops)
      .all(".lgs-notice")
      .every((notice) => notice.hidden),
  ).toBe(true);
});

test("Stop is before the filter box, which keeps its place when Stop disappears", () => {
  const { one } = mount(running().ops, { stop_mode: "button" });
  expect([...one(".lgs-bar-row").children].slice(-2)).toEqual([one(".lgs-stop"), one(".lgs-filter")]);
});

test("Stop sends the message once and shows that the run is stopping", () => {
  const { one, model, paint } = mount(running().ops, { stop_mode: "button" });
  one(".lgs-stop").click();
  paint();
  expect(model.sent).toEqual([{ kind: "stop" }]);
  expect(one(".lgs-stop").textContent).toBe("Stopping");
  expect((one(".lgs-stop") as HTMLButtonElement).disabled).toBe(true);
});

test("if only an interrupt of the kernel helps, Stop says so and sends nothing", () => {
  const { one, model } = mount(running().ops, { stop_mode: "kernel" });
  expect(one(".lgs-stop").textContent).toBe("Interrupt to stop");
  expect(one(".lgs-stop").title).toMatch(/interrupt the kernel/);
  one(".lgs-stop").click();
  expect(model.sent).toEqual([]);
});

test("there is no Stop if nothing can be stopped, nor after the end", () => {
  expect(mount(running().ops, { stop_mode: "none" }).one(".lgs-stop").hidden).toBe(true);
  expect(mount(done().ops, { stop_mode: "button" }).one(".lgs-stop").hidden).toBe(true);
});

test("if the kernel disappears during a run, the header says so and the clock stops", () => {
  const { one, model, paint } = mount(running().ops);
  model.fire("comm_live_update");
  paint();
  expect(one(".lgs-status").textContent).toBe("kernel gone");
});

test("the header shows that frames are missing", () => {
  const { one, model, paint } = mount(running().ops);
  expect(one(".lgs-behind").hidden).toBe(true);
  model.receive({ kind: "frame", seq: 5, ops: [] });
  paint();
  expect(one(".lgs-behind").hidden).toBe(false);
});

test("Escape in the filter box empties it", () => {
  const { one, all, paint } = mount(done().ops);
  const box = one(".lgs-filter") as HTMLInputElement;
  type(box, "nothing like this");
  paint();
  expect(all(".lgs-card")).toHaveLength(0);
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  paint();
  expect(box.value).toBe("");
  expect(all(".lgs-card")).toHaveLength(3);
});
