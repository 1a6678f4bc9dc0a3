/** What the timeline shows besides tasks: bands for the root graph's supersteps, bars for subgraphs without a task. */

import { make, setAttribute, setColor } from "../../dom/dom";
import { duration } from "../../dom/format";
import { ROOT } from "../../protocol/rows";
import type { Scene } from "../panel";

/** Supersteps drawn as bands; of more than this none is: a band would be a hair. */
const MAX_BANDS = 300;

/** In seconds; the style sheet multiplies by the width of one, so that a new scale is two properties. */
export function place(element: HTMLElement, from: number, to: number): void {
  element.style.setProperty("--lgs-from", from.toFixed(4));
  element.style.setProperty("--lgs-for", Math.max(0, to - from).toFixed(4));
}

export class Bands {
  readonly element = make("div", "lgs-bands");
  private readonly bands = new Map<string, HTMLElement>();

  private crowded = false;

  constructor(private readonly scene: Scene) {}

  paint(id: string): void {
    const step = this.scene.store.tables.step.get(id);
    if (step === undefined || step.row !== ROOT) return;
    if (step.ended === step.started) return this.drop(id); // no superstep, but the state that the run begins with
    let band = this.bands.get(id);
    if (band === undefined && this.bands.size >= MAX_BANDS) this.crowded = true;
    if (this.crowded) return this.clear();
    if (band === undefined) {
      band = make("div", "lgs-band", make("span", "lgs-band-label", String(step.step ?? "")));
      this.bands.set(id, band);
      this.element.append(band);
    }
    band.classList.toggle("lgs-odd", (step.step ?? 0) % 2 === 1);
    setAttribute(band, "title", `superstep ${step.step}`);
    place(band, step.started ?? 0, step.ended ?? this.scene.store.now());
  }

  tick(now: number): void {
    for (const [id, element] of this.bands) {
      const step = this.scene.store.tables.step.get(id);
      if (step !== undefined && step.ended === undefined) place(element, step.started ?? 0, now);
    }
  }

  /** Drop the bands of supersteps that are no more. */
  forget(): void {
    this.crowded = false;
    for (const id of this.bands.keys()) if (!this.scene.store.tables.step.has(id)) this.drop(id);
  }

  private clear(): void {
    for (const id of [...this.bands.keys()]) this.drop(id);
  }

  private drop(id: string): void {
    this.bands.get(id)?.remove();
    this.bands.delete(id);
  }
}

/** A further subgraph that one task called has a row in the tree but no task: its bar is the row's latest visit. */
export class Spans {
  private readonly spans = new Map<string, HTMLElement>();

  constructor(private readonly scene: Scene) {}

  /** Whether the row is one that has no task of its own, and ran. */
  has(id: string, tasked: ReadonlySet<string>): boolean {
    const row = this.scene.store.tables.tree.get(id);
    return row?.kind === "subgraph" && row.started !== undefined && !tasked.has(id);
  }

  paint(id: string, track: HTMLElement, now: number): void {
    const row = this.scene.store.tables.tree.get(id);
    if (row?.started === undefined) return;
    let span = this.spans.get(id);
    if (span === undefined) this.spans.set(id, (span = make("i", "lgs-span")));
    if (span.parentElement !== track) track.prepend(span);
    setColor(span, row.color);
    const took = row.ended === undefined ? "" : `, ${duration(row.ended - row.started)}`;
    setAttribute(span, "title", `${row.path || row.name || "subgraph"}${took}`);
    place(span, row.started, row.ended !== undefined && row.ended >= row.started ? row.ended : now);
  }

  tick(now: number): void {
    for (const [id, span] of this.spans) if (span.parentElement) this.paint(id, span.parentElement, now);
  }

  drop(id: string): void {
    this.spans.get(id)?.remove();
    this.spans.delete(id);
  }

  forget(): void {
    for (const id of [...this.spans.keys()]) if (!this.scene.store.tables.tree.has(id)) this.drop(id);
  }
}
