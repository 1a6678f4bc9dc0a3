import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LiveRun, addLiveRun } from "../src/liveRuns";
import { MIME, mimeExtension, rendererClass } from "../src/mimeRenderer";

const WIDGET_MIME = "application/vnd.jupyter.widget-view+json";

class Widget {
  readonly node = document.createElement("div");
  isDisposed = false;
  dispose(): void {
    this.isDisposed = true;
  }
}

const load = () =>
  Promise.resolve({
    readSavedRun: (data: unknown) => Promise.resolve([data] as never),
    showSavedRun: (ops: readonly unknown[], element: HTMLElement) => shown(element, `saved ${String(ops[0])}`),
  });

function shown(element: HTMLElement, text: string): () => void {
  const view = element.appendChild(document.createElement("p"));
  view.textContent = text;
  return () => view.remove();
}

const renderer = () => new (rendererClass(Widget, load))();
const live: LiveRun = { show: (element) => shown(element, "live") };
/** The output of a run: with the model of its live view, or without it. */
const output = (text: string, id?: string) => ({
  data: { [MIME]: text, ...(id === undefined ? {} : { [WIDGET_MIME]: { model_id: id } }) },
});

let cleanup: (() => void)[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  cleanup.forEach((remove) => remove());
  cleanup = [];
});

test("a live run is shown live, and its element stays when the output is refreshed", async () => {
  cleanup.push(addLiveRun("one", live));
  const { node, renderModel } = bound(renderer());
  void renderModel(output("begun", "one"));
  const view = node.firstChild;
  expect(node.textContent).toBe("live");
  await renderModel(output("half", "one"));
  await vi.runAllTimersAsync();
  expect(node.firstChild).toBe(view);
});

test("a run that becomes live later takes the place of the saved one", async () => {
  const { node, renderModel } = bound(renderer());
  void renderModel(output("half", "one"));
  await vi.runAllTimersAsync();
  expect(node.textContent).toBe("saved half");
  cleanup.push(addLiveRun("one", live));
  expect(node.textContent).toBe("live");
});

test("a live run whose code is still loading is waited for", async () => {
  const { node, renderModel } = bound(renderer());
  void renderModel(output("begun", "one"));
  await vi.advanceTimersByTimeAsync(500);
  expect(node.textContent).toBe("");
  cleanup.push(addLiveRun("one", live));
  await vi.runAllTimersAsync();
  expect(node.textContent).toBe("live");
});

test("when the run has ended, the saved run takes the place of the live one, with no gap", async () => {
  cleanup.push(addLiveRun("one", live));
  const { node, renderModel } = bound(renderer());
  void renderModel(output("half", "one"));
  const rendering = renderModel(output("whole"));
  expect(node.textContent).toBe("live");
  await rendering;
  expect(node.textContent).toBe("saved whole");
  expect(node.dataset["mimeType"]).toBe(MIME);
});

test("of two refreshes at once the later one is shown", async () => {
  const { node, renderModel } = bound(renderer());
  await Promise.all([renderModel(output("first")), renderModel(output("second"))]);
  expect(node.textContent).toBe("saved second");
});

test("a disposed renderer shows nothing any more", async () => {
  const widget = renderer();
  void widget.renderModel(output("half", "one"));
  widget.dispose();
  cleanup.push(addLiveRun("one", live));
  await vi.runAllTimersAsync();
  expect(widget.node.textContent).toBe("");
});

test("the renderer is preferred to that of ipywidgets, which makes the view anew at each refresh", () => {
  expect((mimeExtension(Widget, load) as { rank: number }).rank).toBeLessThan(-10);
});

function bound(widget: ReturnType<typeof renderer>) {
  return { node: widget.node, renderModel: (model: ReturnType<typeof output>) => widget.renderModel(model) };
}
