/** The view of one run, made of panels, and the module that anywidget loads. */

import { make, setText } from "./dom/dom";
import { ScrollAndFocus } from "./dom/scrollAndFocus";
import { Selection } from "./model/selection";
import { GraphPanel } from "./panels/graph/graphPanel";
import { HeaderPanel } from "./panels/headerPanel";
import { InspectorPanel } from "./panels/inspector/inspectorPanel";
import { NodesPanel } from "./panels/nodesPanel";
import { QuestionsPanel } from "./panels/questions/questionsPanel";
import { TimeCursor } from "./model/timeCursor";
import { addLiveRun } from "./liveRuns";
import type { Operation } from "./protocol/rows";
import { type Connection, NO_CONNECTION, type Panel, type PanelContext } from "./panels/panel";
import { type Changes, Store, noChanges } from "./model/store";
import { TimelinePanel } from "./panels/timeline/timelinePanel";
import { TokensPanel } from "./panels/tokens/tokensPanel";
import { type Model, Transport } from "./protocol/transport";
import { TreePanel } from "./panels/treePanel";

/** The panel of a widget that shows only one, by the trait `part`. */
const SINGLE_PANELS: Record<string, (context: PanelContext) => Panel> = {
  tokens: (context) => new TokensPanel(context),
  timeline: (context) => new TimelinePanel(context),
  tree: (context) => new TreePanel(context),
  state: (context) => new InspectorPanel(context, "state"),
  graph: (context) => new GraphPanel(context),
};

/** Milliseconds between updates of clocks and growing bars. */
const TICK_MS = 100;

/** One view of the run in a store. `part`: the one panel to show; "" for the whole view. */
export class RunView {
  readonly element = make("div", "lgs");
  /** Says what cannot be read or shown. */
  readonly #problem = make("div", "lgs-notice lgs-failed");
  readonly #panels: readonly Panel[];
  readonly #selection: Selection;
  readonly #cursor: TimeCursor;
  readonly #unsubscribe: () => void;
  readonly #position = new ScrollAndFocus(this.element);
  #wasInPage = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Store,
    private readonly connection: Connection,
    part = "",
  ) {
    this.#cursor = new TimeCursor(store);
    this.#selection = new Selection(this.#cursor, () => store.notify());
    const context: PanelContext = { cursor: this.#cursor, selection: this.#selection, connection };
    const panel = SINGLE_PANELS[part]?.(context);
    this.#panels = panel === undefined ? this.#createPanels(context) : [panel];
    if (panel !== undefined) this.element.append(make("div", "lgs-view lgs-part", panel.element));
    this.#problem.setAttribute("role", "alert");
    this.element.addEventListener("keydown", (event) => this.#onKeyDown(event));
    this.element.addEventListener("focusin", () => window.addEventListener("keydown", claimKey, true));
    this.element.addEventListener("focusout", () => window.removeEventListener("keydown", claimKey, true));
    this.#unsubscribe = store.subscribe((changes) => this.#paint(changes));
    this.#paint(noChanges(true));
  }

  #createPanels(context: PanelContext): Panel[] {
    const [header, questions, nodes] = [new HeaderPanel(context), new QuestionsPanel(context), new NodesPanel(context)];
    const [tokens, timeline, inspector] = [
      new TokensPanel(context),
      new TimelinePanel(context),
      new InspectorPanel(context),
    ];
    const main = make("div", "lgs-main", nodes.element, tokens.element);
    const below = [timeline.element, inspector.element];
    this.element.append(make("div", "lgs-view", header.element, questions.element, main, ...below));
    return [header, questions, nodes, tokens, timeline, inspector];
  }

  /** True if the place of this view has been taken out of the page, without notice to the view. */
  get isDisplaced(): boolean {
    return this.#wasInPage && !this.element.parentElement?.parentElement;
  }

  /** Show this view in another element. The reader's input, selection, focus and scroll positions stay. */
  moveTo(place: HTMLElement): void {
    place.append(this.element);
    if (this.#wasInPage) requestAnimationFrame(() => this.#position.restore()); // the notebook adds the place later
  }

  destroy(): void {
    this.#unsubscribe();
    this.#cursor.close();
    window.removeEventListener("keydown", claimKey, true);
    clearTimeout(this.#timer);
    this.element.remove();
  }

  #paint(changes: Changes): void {
    this.#wasInPage ||= this.element.isConnected;
    const isGone = this.store.isRunning ? !this.connection.isConnected : this.store.run.saved_at !== undefined;
    this.element.classList.toggle("lgs-gone", isGone);
    // A copy: another view of the store may have less to paint.
    const toPaint: Changes = { ...this.#cursor.changesToPaint(changes) };
    this.#selection.update(toPaint);
    let { problem } = this.connection;
    for (const panel of this.#panels) {
      try {
        panel.paint(toPaint);
      } catch (error) {
        console.error(error);
        problem = `A part of this view cannot be shown: ${String(error)}`;
      }
    }
    setText(this.#problem, problem);
    if (problem === "") this.#problem.remove();
    else if (!this.#problem.isConnected) this.element.prepend(this.#problem);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || !this.store.isRunning || !this.connection.isConnected) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      requestAnimationFrame(() => this.#tick());
    }, TICK_MS);
  }

  #tick(): void {
    if (!this.store.isRunning) return;
    const now = this.#cursor.now();
    for (const panel of this.#panels) panel.tick?.(now);
    this.#schedule();
  }

  #onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    if (this.#cursor.time !== undefined) this.#cursor.seek(undefined);
    else this.#selection.clear();
  }
}

const HANDLED_KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "Enter", " ", "Escape"];
const SLIDER_KEYS = ["PageUp", "PageDown", "+", "-", "0"];

/**
 * Keep the keys that panels handle from JupyterLab, whose listener runs before theirs and would move between cells. It
 * ignores keys if the focused element has this attribute. All other keys (save, run, interrupt) still reach it.
 */
function claimKey(event: KeyboardEvent): void {
  const isSliderKey = SLIDER_KEYS.includes(event.key) && (event.target as Element).getAttribute("role") === "slider";
  const isHandled =
    (HANDLED_KEYS.includes(event.key) || isSliderKey) &&
    !event.ctrlKey &&
    !event.metaKey &&
    !event.altKey &&
    !event.shiftKey;
  (event.target as Element).toggleAttribute("data-lm-suppress-shortcuts", isHandled);
}

/** Show a run that has ended, from all its operations. Returns a function that removes the view. */
export function showSavedRun(ops: readonly Operation[], element: HTMLElement): () => void {
  const store = new Store();
  store.replace(ops);
  const view = new RunView(store, NO_CONNECTION);
  element.append(view.element);
  return () => view.destroy();
}

/**
 * anywidget calls this once per model. `initialize` and `render` then receive different model objects, so the run is
 * held here and not in a map keyed by model.
 */
export default function runView() {
  let run: { store: Store; transport: Transport } | undefined;
  const views = new Set<RunView>();
  const open = (model: Model) => {
    if (run === undefined) {
      const store = new Store();
      run = { store, transport: new Transport(model, store) };
    }
    return run;
  };
  // JupyterLab without lgstream's renderer makes a new place for the view whenever its output is refreshed.
  const show = (model: Model, place: HTMLElement): (() => void) => {
    const { store, transport } = open(model);
    const displaced = [...views].find((view) => view.isDisplaced);
    const view = displaced ?? new RunView(store, transport, model.get("part"));
    views.add(view);
    view.moveTo(place);
    return () => {
      if (view.element.parentElement !== place) return; // it was moved to another place
      views.delete(view);
      view.destroy();
    };
  };
  return {
    initialize({ model }: { model: Model }): () => void {
      const { transport } = open(model);
      const removeLiveRun = addLiveRun(model.get("live_id") ?? "", { model, show: (place) => show(model, place) });
      return () => {
        removeLiveRun();
        transport.close();
      };
    },
    render({ model, el }: { model: Model; el: HTMLElement }): () => void {
      return show(model, el);
    },
  };
}
