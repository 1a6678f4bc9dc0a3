/**
 * The renderer of saved runs for JupyterLab and Notebook 7: shows a run without a kernel.
 *
 * It is safe for notebooks from untrusted sources: the content of a run reaches the page as text, or as Markdown through
 * the allow-lists of `dom/markdown.ts`.
 */

import { make } from "./dom/dom";
import type { Operation } from "./protocol/rows";

export const MIME = "application/vnd.lgstream.run.v1+json";

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
    rank: 0, // preferred to text/html, which shows the same run without its scrubber
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
    #remove: (() => void) | undefined;

    constructor() {
      super();
      this.node.style.minHeight = `${VIEW_HEIGHT}px`; // it may replace a live view: what is below must not jump
    }

    async renderModel({ data }: Output): Promise<void> {
      this.node.dataset["mimeType"] = MIME;
      try {
        const { readSavedRun, showSavedRun } = await load();
        const ops = await readSavedRun(data[MIME]);
        this.#clear();
        if (!this.isDisposed) this.#remove = showSavedRun(ops, this.node);
      } catch (error) {
        this.#clear();
        this.node.append(noticeElement(error, data["text/plain"]));
      }
    }

    override dispose(): void {
      this.#clear();
      super.dispose();
    }

    #clear(): void {
      this.#remove?.();
      this.#remove = undefined;
      this.node.replaceChildren();
      this.node.style.minHeight = "";
    }
  };
}
