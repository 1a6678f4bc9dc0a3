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
import { MissedOutput } from "./missedOutput";
import type { OutputMessage, OutputVersion } from "./protocol/messages";
import type { Operation } from "./protocol/rows";

export const MIME = "application/vnd.lgstream.run.v1+json";

/** The MIME type of ipywidgets. */
const WIDGET_MIME = "application/vnd.jupyter.widget-view+json";

/** What is used of Lumino's Widget, which the notebook provides. */
export interface LuminoWidget {
  readonly node: HTMLElement;
  readonly isDisposed: boolean;
  readonly parent: LuminoWidget | null;
  dispose(): void;
}

/** JupyterLab's model of an output. */
interface Output {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The model of the outputs of a cell, which JupyterLab's OutputArea shows. */
interface CellOutputs {
  readonly length: number;
  get(index: number): Output;
  set(index: number, output: object): void;
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
    #missedOutput: MissedOutput | undefined;
    #output: Output | undefined;
    /** Counts the calls of `renderModel`: what an earlier one has loaded is not shown any more. */
    #calls = 0;

    constructor() {
      super();
      this.node.style.minHeight = `${VIEW_HEIGHT}px`; // it may replace a live view: what is below must not jump
    }

    async renderModel(output: Output): Promise<void> {
      const { data } = (this.#output = output);
      const call = ++this.#calls;
      const isLate = (): boolean => call !== this.#calls || this.#isLive || this.isDisposed;
      this.#follow(liveIdOf(data));
      this.#missedOutput?.setVersion(versionOf(output));
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
      this.#stopFollowing();
      this.#clear();
      super.dispose();
    }

    /** Show the run of this model as soon as it is live in the page, in place of what is shown then. */
    #follow(liveId: string): void {
      if (liveId === this.#liveId) return;
      this.#stopFollowing();
      this.#liveId = liveId;
      this.#isLive = false;
      if (liveId === "") return;
      this.#stopWaiting = whenLive(liveId, (run) => {
        this.#clear();
        this.#isLive = true;
        this.#remove = run.show(this.node);
        if (run.model === undefined || this.#output === undefined) return;
        this.#missedOutput = new MissedOutput(run.model, (output) => this.#replaceOutput(output));
        this.#missedOutput.setVersion(versionOf(this.#output));
      });
    }

    #stopFollowing(): void {
      this.#stopWaiting?.();
      this.#missedOutput?.close();
      this.#missedOutput = undefined;
    }

    /** Replace the output in the notebook, which then calls `renderModel`. */
    #replaceOutput({ data, metadata }: OutputMessage): void {
      const outputs = this.#cellOutputs();
      for (let i = 0; i < (outputs?.length ?? 0); i++) {
        if (outputs?.get(i) === this.#output) return outputs?.set(i, { output_type: "display_data", data, metadata });
      }
    }

    /** Setting the data of the output itself would not reach the notebook file, only setting one of the cell's list. */
    #cellOutputs(): CellOutputs | undefined {
      for (let { parent } = this as LuminoWidget; parent !== null; { parent } = parent) {
        const { model } = parent as { model?: Partial<CellOutputs> };
        if (model?.get !== undefined && model.set !== undefined) return model as CellOutputs;
      }
      return undefined;
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

function versionOf({ metadata }: Output): OutputVersion | undefined {
  return metadata?.[MIME] as OutputVersion | undefined;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
