import { afterEach, expect, test, vi } from "vitest";
import { FakeModel } from "../dev/fakeModel";
import { done, running } from "../dev/scenarios";
import runView, { showSavedRun } from "../src/runview";

const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
const cell = () => document.body.appendChild(document.createElement("div"));
const cards = (el: HTMLElement) => el.querySelectorAll(".lgs-card").length;

type Widget = ReturnType<typeof runView>;
const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

function render(widget: Widget, where: Parameters<Widget["render"]>[0]): () => void {
  const cleanup = widget.render(where);
  cleanups.push(cleanup);
  return cleanup;
}

/** anywidget hands another model object to each call; the messages are the same model's. */
const alias = (model: FakeModel) => ({ get: model.get, on: model.on, off: model.off, send: model.send });

test("messages that arrive before the first view are shown in it", async () => {
  const model = new FakeModel();
  const widget = runView();
  widget.initialize({ model: alias(model) });
  model.receive({ kind: "frame", seq: 1, ops: done().ops });
  const el = cell();
  render(widget, { model: alias(model), el });
  expect(cards(el)).toBe(3);
});

test("several views show the same run, including one that opens late", async () => {
  const model = new FakeModel();
  const widget = runView();
  widget.initialize({ model: alias(model) });
  const [first, second] = [cell(), cell()];
  render(widget, { model: alias(model), el: first });
  const { ops } = running();
  model.receive({ kind: "frame", seq: 1, ops });
  await frame();
  render(widget, { model: alias(model), el: second });
  model.receive({
    kind: "frame",
    seq: 2,
    ops: [[9, "call", "late", { row: "/publish", path: "publish", role: "model", started: 9 }]],
  });
  await frame();
  expect([cards(first), cards(second)]).toEqual([3, 3]);
});

test("a selection in one view does not affect another", async () => {
  const model = new FakeModel();
  const widget = runView();
  const [first, second] = [cell(), cell()];
  render(widget, { model, el: first });
  render(widget, { model, el: second });
  model.receive({ kind: "frame", seq: 1, ops: done().ops });
  await frame();
  first.querySelector<HTMLElement>('.lgs-row[data-row="/write/draft"]')?.click();
  await frame();
  expect([cards(first), cards(second)]).toEqual([1, 3]);
});

test("two models are two runs", () => {
  const [one, two] = [new FakeModel(), new FakeModel()];
  const [first, second] = [cell(), cell()];
  for (const [model, el] of [
    [one, first],
    [two, second],
  ] as const) {
    const widget = runView();
    widget.initialize({ model });
    model.receive({ kind: "frame", seq: 1, ops: model === one ? done().ops : [] });
    render(widget, { model, el });
  }
  expect([cards(first), cards(second)]).toEqual([3, 0]);
});

test("a view whose place is taken out of the page is moved to the next place, with its input and focus", async () => {
  const widget = runView();
  const model = new FakeModel();
  const output = cell();
  const place = () => output.appendChild(document.createElement("div"));
  const first = place();
  const cleanup = widget.render({ model, el: first });
  model.receive({ kind: "frame", seq: 1, ops: running().ops });
  await frame();
  const view = first.firstElementChild;
  first.querySelector<HTMLInputElement>(".lgs-filter")?.focus();
  output.textContent = "Loading widget..."; // as the renderer of ipywidgets does
  const second = place();
  render(widget, { model, el: second });
  await frame();
  cleanup(); // of the first place, when the output is removed at last
  expect(second.firstElementChild).toBe(view);
  expect(document.activeElement?.className).toBe("lgs-filter");
});

test("two views that are not in the page yet are two views", () => {
  const widget = runView();
  const model = new FakeModel();
  const [first, second] = [document.createElement("div"), document.createElement("div")];
  render(widget, { model, el: first });
  render(widget, { model, el: second });
  expect([first.childElementCount, second.childElementCount]).toEqual([1, 1]);
});

test("an unfinished run that was saved says so, and its clock stands still", async () => {
  const el = cell();
  const { ops } = running();
  cleanups.push(showSavedRun([...ops, [20, "run", "run", { saved_at: 20 }]], el));
  await frame();
  expect(el.querySelector(".lgs-status")?.textContent).toBe("unfinished");
  expect(el.querySelector(".lgs-elapsed")?.textContent).toBe("20 s");
  expect(el.textContent).toContain("Saved 20 s after the start of the run, before its end.");
  expect(el.querySelector(".lgs-gone")).not.toBeNull();
});

test("a removed view leaves nothing in the page and stops painting", async () => {
  const model = new FakeModel();
  const widget = runView();
  const el = cell();
  const cleanup = render(widget, { model, el });
  cleanup();
  model.receive({ kind: "frame", seq: 1, ops: running().ops });
  await frame();
  expect(el.childElementCount).toBe(0);
});

/** JupyterLab listens in the capture phase, and leaves a key alone where the focused element has this attribute. */
function notebookHears(key: string, more: KeyboardEventInit = {}): boolean {
  let heard = false;
  const listen = (event: Event) => {
    heard = !(event.target as Element).hasAttribute("data-lm-suppress-shortcuts");
  };
  document.addEventListener("keydown", listen, true);
  document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
  document.removeEventListener("keydown", listen, true);
  return heard;
}

test("keys that panels handle do not reach the notebook, all others do", () => {
  const model = new FakeModel();
  const el = cell();
  const widget = runView();
  widget.initialize({ model });
  model.receive({ kind: "frame", seq: 1, ops: done().ops });
  const cleanup = render(widget, { model, el });
  el.querySelector<HTMLElement>('.lgs-row[tabindex="0"]')?.focus();
  expect(["ArrowDown", "Enter", "Escape", " "].filter((key) => notebookHears(key))).toEqual([]);
  expect(["i", "s", "d"].filter((key) => !notebookHears(key))).toEqual([]);
  expect(notebookHears("Enter", { shiftKey: true })).toBe(true);
  cleanup();
});

test("there is only light DOM, so tests and screen readers of the notebook find the text", () => {
  const el = cell();
  render(runView(), { model: new FakeModel(), el });
  expect([...el.querySelectorAll("*")].some((element) => element.shadowRoot !== null)).toBe(false);
});

test("a panel that cannot show its rows says so, and the others go on", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const model = new FakeModel();
  const el = cell();
  render(runView(), { model, el });
  model.receive({ kind: "frame", seq: 1, ops: done().ops });
  model.receive({ kind: "frame", seq: 2, ops: [[9, "run", "run", { shape: { nodes: null } }]] });
  await frame();
  el.querySelectorAll<HTMLElement>(".lgs-tab")[1]?.click();
  await frame();
  expect(el.querySelector('[role="alert"]:not([hidden])')?.textContent).toMatch(/cannot be shown: TypeError/);
  expect(cards(el)).toBe(3);
});

test("a part of a run that cannot be read is named in the view", async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  const model = new FakeModel({ part: "tokens" });
  const el = cell();
  render(runView(), { model, el });
  model.receive({ kind: "frame", seq: 1, ops: [...done().ops, 5] });
  await frame();
  expect(el.querySelector('[role="alert"]:not([hidden])')?.textContent).toMatch(/could not be read/);
  expect(cards(el)).toBe(3);
});
