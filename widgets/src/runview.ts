/** The RunView widget: the five parts on one run, and the loop that keeps its clocks ticking. */

import { make } from "./dom/dom";
import { Focus } from "./model/selection";
import { GraphDrawing } from "./panels/graph/graphPanel";
import { Header } from "./panels/headerPanel";
import { Inspector } from "./panels/inspector/inspectorPanel";
import { Nodes } from "./panels/nodesPanel";
import { Questions } from "./panels/questions/questionsPanel";
import { Replay } from "./model/timeCursor";
import type { Operation } from "./protocol/rows";
import type { Line, Painter, Scene } from "./panels/panel";
import { type Changes, Store, noChanges } from "./model/store";
import { Timeline } from "./panels/timeline/timelinePanel";
import { Tokens } from "./panels/tokens/tokensPanel";
import { type Model, Transport } from "./protocol/transport";
import { Tree } from "./panels/treePanel";

/** What a widget that is one part only shows. */
const PARTS: Record<string, (scene: Scene) => Painter> = {
  tokens: (scene) => new Tokens(scene),
  timeline: (scene) => new Timeline(scene),
  tree: (scene) => new Tree(scene),
  state: (scene) => new Inspector(scene, "state"),
  graph: (scene) => new GraphDrawing(scene),
};

/** Milliseconds between two ticks of clocks and growing bars. */
const TICK = 100;

export class RunView {
  readonly element = make("div", "lgs");
  private readonly painters: readonly Painter[];
  private readonly focus: Focus;
  private readonly replay: Replay;
  private readonly leave: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Store,
    private readonly line: Line,
    part = "",
  ) {
    this.replay = new Replay(store);
    this.focus = new Focus(this.replay, () => store.notify());
    const scene: Scene = { store: this.replay, focus: this.focus, line };
    const only = PARTS[part]?.(scene);
    this.painters = only === undefined ? this.whole(scene) : [only];
    if (only !== undefined) this.element.append(make("div", "lgs-view lgs-part", only.element));
    this.element.addEventListener("keydown", (event) => this.press(event));
    this.element.addEventListener("focusin", () => window.addEventListener("keydown", claimKey, true));
    this.element.addEventListener("focusout", () => window.removeEventListener("keydown", claimKey, true));
    this.leave = store.subscribe((changes) => this.paint(changes));
    this.paint(noChanges(true));
  }

  private whole(scene: Scene): Painter[] {
    const [header, questions, nodes] = [new Header(scene), new Questions(scene), new Nodes(scene)];
    const [tokens, timeline, inspector] = [new Tokens(scene), new Timeline(scene), new Inspector(scene)];
    const main = make("div", "lgs-main", nodes.element, tokens.element);
    const below = [timeline.element, inspector.element];
    this.element.append(make("div", "lgs-view", header.element, questions.element, main, ...below));
    return [header, questions, nodes, tokens, timeline, inspector];
  }

  destroy(): void {
    this.leave();
    this.replay.close();
    window.removeEventListener("keydown", claimKey, true);
    clearTimeout(this.timer);
    this.element.remove();
  }

  private paint(changes: Changes): void {
    this.element.classList.toggle("lgs-gone", this.store.running && !this.line.connected);
    const own: Changes = { ...this.replay.take(changes) }; // another view of the store may need less
    this.focus.update(own);
    for (const painter of this.painters) painter.paint(own);
    this.schedule();
  }

  private schedule(): void {
    if (this.timer !== undefined || !this.store.running || !this.line.connected) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      requestAnimationFrame(() => this.tick());
    }, TICK);
  }

  private tick(): void {
    if (!this.store.running) return;
    const now = this.replay.now();
    for (const painter of this.painters) painter.tick?.(now);
    this.schedule();
  }

  private press(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    if (this.replay.at !== undefined) this.replay.seek(undefined);
    else this.focus.clear();
  }
}

const OURS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "Enter", " ", "Escape"];
const SLIDING = ["PageUp", "PageDown", "+", "-", "0"];

/**
 * Keep the keys we answer to from JupyterLab, whose own listener comes before ours and would move between cells. It
 * looks at this attribute of the element that has the focus. All other keys (save, run, interrupt) stay its own.
 */
function claimKey(event: KeyboardEvent): void {
  const sliding = SLIDING.includes(event.key) && (event.target as Element).getAttribute("role") === "slider";
  const ours =
    (OURS.includes(event.key) || sliding) && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
  (event.target as Element).toggleAttribute("data-lm-suppress-shortcuts", ours);
}

/** Whom a view talks to that has no kernel. */
const NOBODY: Line = {
  stopMode: "none",
  stopping: false,
  connected: false,
  behind: false,
  requestStop: () => undefined,
  answer: () => undefined,
};

/** Draw a run that is over, from all its operations. Returns what takes the view away again. */
export function show(ops: readonly Operation[], element: HTMLElement): () => void {
  const store = new Store();
  store.replace(ops);
  const view = new RunView(store, NOBODY);
  element.append(view.element);
  return () => view.destroy();
}

/**
 * anywidget calls this once a model (the model objects it then hands to `initialize` and `render` are different ones,
 * so the run is kept here, not in a map keyed by model).
 */
export default function runView() {
  let run: { store: Store; transport: Transport } | undefined;
  const open = (model: Model) => {
    if (run === undefined) {
      const store = new Store();
      run = { store, transport: new Transport(model, store) };
    }
    return run;
  };
  return {
    initialize({ model }: { model: Model }): () => void {
      const { transport } = open(model);
      return () => transport.close();
    },
    render({ model, el }: { model: Model; el: HTMLElement }): () => void {
      const { store, transport } = open(model);
      const view = new RunView(store, transport, model.get("part"));
      el.append(view.element);
      return () => view.destroy();
    },
  };
}
