/** What the timeline shows besides tasks: bands for the root graph's supersteps, and bars for subgraphs without a task. */

import { make, setAttribute, setColor } from "../../dom/dom";
import { formatDuration } from "../../dom/format";
import { ROOT_ID } from "../../protocol/rows";
import type { PanelContext } from "../panel";

/** With more supersteps than this no bands are drawn, as they would be too narrow. */
const MAX_BANDS = 300;

/** Set the start and length in seconds. The style sheet multiplies by the width of a second: rescaling sets only that. */
export function setTimeRange(element: HTMLElement, from: number, to: number): void {
  element.style.setProperty("--lgs-from", from.toFixed(4));
  element.style.setProperty("--lgs-for", Math.max(0, to - from).toFixed(4));
}

export class SuperstepBands {
  readonly element = make("div", "lgs-bands");
  readonly #bands = new Map<string, HTMLElement>();
  /** True after there were too many bands. */
  #isCrowded = false;

  constructor(private readonly context: PanelContext) {}

  paint(id: string): void {
    const step = this.context.cursor.tables.step.get(id);
    if (step === undefined || step.row !== ROOT_ID) return;
    if (step.ended === step.started) return this.#drop(id); // not a superstep, but the state that the run starts with
    let band = this.#bands.get(id);
    if (band === undefined && this.#bands.size >= MAX_BANDS) this.#isCrowded = true;
    if (this.#isCrowded) return this.#clear();
    if (band === undefined) {
      band = make("div", "lgs-band", make("span", "lgs-band-label", String(step.step ?? "")));
      this.#bands.set(id, band);
      this.element.append(band);
    }
    band.classList.toggle("lgs-odd", (step.step ?? 0) % 2 === 1);
    setAttribute(band, "title", `superstep ${step.step}`);
    setTimeRange(band, step.started ?? 0, step.ended ?? this.context.cursor.now());
  }

  tick(now: number): void {
    for (const [id, element] of this.#bands) {
      const step = this.context.cursor.tables.step.get(id);
      if (step !== undefined && step.ended === undefined) setTimeRange(element, step.started ?? 0, now);
    }
  }

  /** Remove the bands of supersteps that no longer exist. */
  dropMissing(): void {
    this.#isCrowded = false;
    for (const id of this.#bands.keys()) if (!this.context.cursor.tables.step.has(id)) this.#drop(id);
  }

  #clear(): void {
    for (const id of [...this.#bands.keys()]) this.#drop(id);
  }

  #drop(id: string): void {
    this.#bands.get(id)?.remove();
    this.#bands.delete(id);
  }
}

/** Bars of subgraphs that a task invokes besides its own: they have a tree row but no task. A bar is the latest visit. */
export class SubgraphSpans {
  readonly #spans = new Map<string, HTMLElement>();

  constructor(private readonly context: PanelContext) {}

  /** True if the row is a subgraph without a task that has started. */
  has(id: string, rowsWithTasks: ReadonlySet<string>): boolean {
    const row = this.context.cursor.tables.tree.get(id);
    return row?.kind === "subgraph" && row.started !== undefined && !rowsWithTasks.has(id);
  }

  paint(id: string, track: HTMLElement, now: number): void {
    const row = this.context.cursor.tables.tree.get(id);
    if (row?.started === undefined) return;
    let span = this.#spans.get(id);
    if (span === undefined) this.#spans.set(id, (span = make("i", "lgs-span")));
    if (span.parentElement !== track) track.prepend(span);
    setColor(span, row.color);
    const time = row.ended === undefined ? "" : `, ${formatDuration(row.ended - row.started)}`;
    setAttribute(span, "title", `${row.path || row.name || "subgraph"}${time}`);
    setTimeRange(span, row.started, row.ended !== undefined && row.ended >= row.started ? row.ended : now);
  }

  tick(now: number): void {
    for (const [id, span] of this.#spans) if (span.parentElement) this.paint(id, span.parentElement, now);
  }

  drop(id: string): void {
    this.#spans.get(id)?.remove();
    this.#spans.delete(id);
  }

  dropMissing(): void {
    for (const id of [...this.#spans.keys()]) if (!this.context.cursor.tables.tree.has(id)) this.drop(id);
  }
}
