/**
 * The renderer of saved runs for JupyterLab and Notebook 7: the view of a run that is over, with no kernel.
 *
 * It may be trusted with notebooks from anywhere: what a run holds reaches the page as text, or as Markdown through the
 * allow-lists of `markdown.ts`.
 */

import { make } from "./dom/dom";
import type { Operation } from "./protocol/rows";
import { MIME, restore } from "./protocol/saved";

/** What is used of Lumino's Widget, which the notebook lends. */
export interface LuminoWidget {
  readonly node: HTMLElement;
  readonly isDisposed: boolean;
  dispose(): void;
}

/** The mime bundle of an output. */
interface Output {
  readonly data: Readonly<Record<string, unknown>>;
}

/** Pixels of a view, more or less. */
const HEIGHT = 480;

/** Draws a run in an element; returns what takes it away again. */
export type Show = (ops: readonly Operation[], element: HTMLElement) => () => void;

export function extension(Widget: new () => LuminoWidget, painters: () => Promise<Show>): object {
  return {
    id: "lgstream:run",
    rank: 0, // before text/html, the same run without its scrubber
    dataType: "json",
    rendererFactory: {
      safe: true,
      mimeTypes: [MIME],
      createRenderer: () => new (renderer(Widget, painters))(),
    },
  };
}

export function renderer(Widget: new () => LuminoWidget, painters: () => Promise<Show>) {
  return class extends Widget {
    private leave: (() => void) | undefined;

    constructor() {
      super();
      this.node.style.minHeight = `${HEIGHT}px`; // where a live view was just now: what is below must not jump
    }

    async renderModel({ data }: Output): Promise<void> {
      this.node.dataset["mimeType"] = MIME;
      try {
        const [show, ops] = await Promise.all([painters(), restore(data[MIME])]);
        this.clear();
        if (!this.isDisposed) this.leave = show(ops, this.node);
      } catch (error) {
        this.clear();
        const why = error instanceof Error ? error.message : String(error);
        const plain = data["text/plain"];
        const told = make("p", "", `This saved run cannot be shown with its scrubber: ${why}. As text:`);
        this.node.append(told, make("pre", "", typeof plain === "string" ? plain : "There is none."));
      }
    }

    override dispose(): void {
      this.clear();
      super.dispose();
    }

    private clear(): void {
      this.leave?.();
      this.leave = undefined;
      this.node.replaceChildren();
      this.node.style.minHeight = "";
    }
  };
}
