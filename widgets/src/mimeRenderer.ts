/**
 * The renderer of an output that holds a run, for JupyterLab and Notebook 7. While the run is live in the page, it shows
 * the live view, and the saved run that comes with it, and is refreshed all the time, is only for the notebook file.
 * Without a kernel it shows the saved run.
 *
 * It is safe for notebooks from untrusted sources: the content of a run reaches the page as text, or as Markdown through
 * the allow-lists of `dom/markdown.ts`.
 */

import { make } from "./dom/dom";
import { whenLive } from "./liveRuns";
import type { Operation } from "./protocol/rows";

export const MIME = "application/vnd.lgstream.run.v1+json";

/** The MIME type of ipywidgets. */
const WIDGET_MIME = "application/vnd.jupyter.widget-view+json";

/** What is used of Lumino's Widget, which the notebook provides. */
export interface LuminoWidget {
  readonly node: HTMLElement;
  readonly isDisposed: boolean;
  dispose(): void;
}

/** The mime bundle of an output. */
interface Output {
  readonly data: Readonly<Record<string, unknown>>;
}

/** Approximate height of a view in pixels. */
const VIEW_HEIGHT = 480;
/** Characters of the text of a run that cannot be shown. */
const MAX_TEXT_CHARS = 100_000;

/** How long the saved run is held back for the live one, whose code may still be loading. */
const LIVE_RUN_MS = 1000;

/** What the renderer needs of the other two bundles, which are loaded with the first run. */
export interface SavedRunModules {
  /** Throws an Error that says what is wrong if `data` is not a saved run. */
  readSavedRun(data: unknown): Promise<readonly Operation[]>;
  /** Shows a run in an element. Returns a function that removes it. */
  showSavedRun(ops: readonly Operation[], element: HTMLElement): () => void;
}

/** A mime extension of JupyterLab. */
export function mimeExtension(Widget: new () => LuminoWidget, load: () => Promise<SavedRunModules>): object {
  return {
    id: "lgstream:run",
    // Preferred to text/html, which shows the same run without its scrubber, and to the renderer of ipywidgets (rank
    // -10), which draws a widget anew whenever its output is refreshed, and shows an error once the kernel is gone.
    rank: -20,
    dataType: "json",
    rendererFactory: {
      safe: true,
      mimeTypes: [MIME],
      createRenderer: () => new (rendererClass(Widget, load))(),
    },
  };
}

/** What is shown instead of a run that cannot be read: why, and the text of the output, if it has any. */
function noticeElement(error: unknown, text: unknown): HTMLElement {
  const reason = error instanceof Error ? error.message : String(error);
  const notice = make("div", "lgs-unreadable", make("strong", "", "This saved run cannot be shown: "), `${reason}.`);
  notice.setAttribute("role", "alert");
  const view = make("div", "lgs-view", notice);
  if (typeof text === "string" && text !== "") {
    view.append(make("div", "lgs-unreadable lgs-dim", "The text that was saved beside it:"));
    view.append(make("pre", "lgs-unreadable lgs-mono", text.slice(0, MAX_TEXT_CHARS)));
  }
  return make("div", "lgs", view);
}

export function rendererClass(Widget: new () => LuminoWidget, load: () => Promise<SavedRunModules>) {
  return class extends Widget {
    /** Removes what is shown. */
    #remove: (() => void) | undefined;
    /** The model of the live run that is shown, or waited for; "" for a run without a kernel. */
    #liveId = "";
    #isLive = false;
    #stopWaiting: (() => void) | undefined;
    /** Counts the calls of `renderModel`: what an earlier one has loaded is not shown any more. */
    #calls = 0;

    constructor() {
      super();
      this.node.style.minHeight = `${VIEW_HEIGHT}px`; // it may replace a live view: what is below must not jump
    }

    async renderModel({ data }: Output): Promise<void> {
      const call = ++this.#calls;
      const isLate = (): boolean => call !== this.#calls || this.#isLive || this.isDisposed;
      this.#follow(liveIdOf(data));
      if (this.#isLive) return;
      if (this.#liveId !== "" && this.#remove === undefined) await delay(LIVE_RUN_MS);
      if (isLate()) return;
      try {
        const { readSavedRun, showSavedRun } = await load();
        const ops = await readSavedRun(data[MIME]);
        if (isLate()) return;
        this.#clear();
        this.#remove = showSavedRun(ops, this.node);
      } catch (error) {
        if (isLate()) return;
        this.#clear();
        this.node.append(noticeElement(error, data["text/plain"]));
      }
      this.node.dataset["mimeType"] = MIME;
    }

    override dispose(): void {
      this.#stopWaiting?.();
      this.#clear();
      super.dispose();
    }

    /** Show the run of this model as soon as it is live in the page, in place of what is shown then. */
    #follow(liveId: string): void {
      if (liveId === this.#liveId) return;
      this.#stopWaiting?.();
      this.#liveId = liveId;
      this.#isLive = false;
      if (liveId === "") return;
      this.#stopWaiting = whenLive(liveId, (run) => {
        this.#clear();
        this.#isLive = true;
        this.#remove = run.show(this.node);
      });
    }

    #clear(): void {
      this.#remove?.();
      this.#remove = undefined;
      this.node.replaceChildren();
      this.node.style.minHeight = "";
      delete this.node.dataset["mimeType"];
    }
  };
}

function liveIdOf(data: Output["data"]): string {
  const id = (data[WIDGET_MIME] as { model_id?: unknown } | undefined)?.model_id;
  return typeof id === "string" ? id : "";
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
