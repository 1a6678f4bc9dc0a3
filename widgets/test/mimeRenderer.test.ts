import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type LiveRun, addLiveRun } from "../src/liveRuns";
import { MIME, mimeExtension, rendererClass } from "../src/mimeRenderer";

const WIDGET_MIME = "application/vnd.jupyter.widget-view+json";

class Widget {
  readonly node = document.createElement("div");
  isDisposed = false;
  parent: Widget | null = null;
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

/** The model of a widget whose kernel has published the output this often; `emit` calls the handlers of an event. */
function kernelModel(revision: number) {
  const handlers = new Map<string, (message?: unknown) => void>();
  const model = {
    revision,
    requests: 0,
    get: () => ({ id: "cell", revision: model.revision }),
    on: (event: string, handler: (message?: unknown) => void) => void handlers.set(event, handler),
    off: (event: string) => void handlers.delete(event),
    send: () => void (model.requests += 1),
    emit: (event: string, message?: unknown) => handlers.get(event)?.(message),
  };
  return model;
}

/** The output of a live run, of this revision. */
const revisionOf = (text: string, revision: number) => ({
  ...output(text, "one"),
  metadata: { [MIME]: { id: "cell", revision } },
});

/** A renderer in an output area, whose list of outputs is returned. */
function inOutputArea(first: object) {
  const widget = renderer();
  const outputs = ["another", first];
  const list = { get: (i: number) => outputs[i], set: (i: number, item: object) => void (outputs[i] = item) };
  const area = Object.assign(new Widget(), { model: { length: 2, ...list } });
  Object.assign(widget, { parent: Object.assign(new Widget(), { parent: area }) });
  void widget.renderModel(first as ReturnType<typeof revisionOf>);
  return { widget, outputs };
}

test("an output that missed a refresh is requested, and replaced in the notebook", async () => {
  const model = kernelModel(3);
  cleanup.push(addLiveRun("one", { ...live, model }));
  const { outputs } = inOutputArea(revisionOf("old", 2));
  await vi.advanceTimersByTimeAsync(1000);
  expect(model.requests).toBe(1);
  const { data, metadata } = revisionOf("new", 3);
  model.emit("msg:custom", { kind: "output", version: { id: "cell", revision: 3 }, data, metadata });
  expect(outputs).toEqual(["another", { output_type: "display_data", data, metadata }]);
});

test("an output that the notebook refreshes by itself is not requested", async () => {
  const model = kernelModel(2);
  cleanup.push(addLiveRun("one", { ...live, model }));
  const { widget } = inOutputArea(revisionOf("old", 2));
  model.revision = 3;
  model.emit("change:output_version");
  void widget.renderModel(revisionOf("new", 3));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(model.requests).toBe(0);
});

test("an unanswered request for an output is repeated ever more rarely, until the renderer is disposed", async () => {
  const model = kernelModel(3);
  cleanup.push(addLiveRun("one", { ...live, model }));
  const { widget } = inOutputArea(revisionOf("old", 2));
  await vi.advanceTimersByTimeAsync(100_000); // after 1 s, 11 s, 31 s and 71 s
  expect(model.requests).toBe(4);
  widget.dispose();
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(model.requests).toBe(4);
});

test("the output of a run does not replace another output that shows the same run", () => {
  const model = kernelModel(3);
  cleanup.push(addLiveRun("one", { ...live, model }));
  const { outputs } = inOutputArea(revisionOf("old", 2));
  const other = { id: "another cell", revision: 4 };
  model.emit("msg:custom", { kind: "output", version: other, data: {}, metadata: {} });
  expect(outputs[1]).toEqual(revisionOf("old", 2));
});

test("the renderer is preferred to that of ipywidgets, which makes the view anew at each refresh", () => {
  expect((mimeExtension(Widget, load) as { rank: number }).rank).toBeLessThan(-10);
});

function bound(widget: ReturnType<typeof renderer>) {
  return { node: widget.node, renderModel: (model: ReturnType<typeof output>) => widget.renderModel(model) };
}
