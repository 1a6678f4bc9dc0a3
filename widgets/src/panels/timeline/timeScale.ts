/** The scale of the timeline: which seconds it shows, and the marks below it. */

import { make } from "../../dom/dom";
import { duration } from "../../dom/format";

const SPANS = [1, 2, 3, 5, 8, 10];
const LEAST = 2;
const MINUTE = 60;
/** Seconds that fill the timeline at the nearest. */
const NEAREST = 0.001;
/** Where in a window that follows the run the present is, after a leap. */
const PRESENT = 0.6;

/**
 * Seconds the timeline spans. While the run goes on it spans more than has passed, and grows in leaps: bars then stand
 * still while others are growing.
 */
export function span(now: number, running: boolean): number {
  if (!running) return Math.max(now, NEAREST);
  const least = Math.max(now * 1.03, LEAST);
  const unit = least >= MINUTE ? MINUTE : 1;
  const power = 10 ** Math.floor(Math.log10(least / unit));
  const leap = SPANS.find((value) => value * power * unit >= least) ?? 10;
  return leap * power * unit;
}

/**
 * From which second to which the timeline shows: all that has passed, or a window of it. A window that the reader left
 * on the present goes on with it, in leaps.
 */
export class Scale {
  whole = LEAST;
  private present = 0;
  private follows = false;
  private window: { from: number; to: number } | undefined;

  get from(): number {
    return this.window?.from ?? 0;
  }

  get to(): number {
    return this.window?.to ?? this.whole;
  }

  get seconds(): number {
    return this.to - this.from;
  }

  get zoomed(): boolean {
    return this.window !== undefined;
  }

  /** Show `factor` times as much, with the moment `around` where it is. */
  zoom(factor: number, around: number): void {
    const seconds = Math.max(this.seconds * factor, NEAREST);
    this.show(around - ((around - this.from) / this.seconds) * seconds, seconds);
  }

  /** Move the window by so many seconds. */
  pan(by: number): void {
    if (this.zoomed) this.show(this.from + by, this.seconds);
  }

  /** Bring a moment into the window. */
  reveal(t: number): void {
    if (t < this.from) this.pan(t - this.from);
    else if (t > this.to) this.pan(t - this.to);
  }

  /** The run is at `now` and spans `whole` seconds. */
  pass(now: number, whole: number): void {
    this.whole = whole;
    this.present = now;
    if (this.window === undefined) return;
    const { from, to } = this.window;
    if (this.follows && now > to) this.show(now - PRESENT * (to - from), to - from);
    else if (to > whole) this.show(from, to - from);
  }

  reset(): void {
    this.window = undefined;
  }

  private show(from: number, seconds: number): void {
    if (seconds >= this.whole) return this.reset();
    const start = Math.min(Math.max(0, from), this.whole - seconds);
    this.window = { from: start, to: start + seconds };
    this.follows = this.present >= start && this.present <= start + seconds;
  }
}

/** Where to put marks: about five, at round numbers, clear of the end. */
export function marks(to: number, from = 0): number[] {
  const seconds = to - from;
  const unit = seconds >= 3 * MINUTE ? MINUTE : 1;
  const rough = seconds / unit / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((value) => value * power >= rough) ?? 10) * power * unit;
  const found: number[] = [];
  for (let n = Math.ceil(from / step); n * step < from + seconds * 0.87; n++) found.push(n * step);
  return found;
}

export class Axis {
  readonly element = make("div", "lgs-axis");
  private painted = "";

  paint({ from, to }: { from: number; to: number }): void {
    const key = `${from} ${to}`;
    if (key === this.painted) return;
    this.painted = key;
    this.element.replaceChildren(
      ...marks(to, from).map((mark) => this.mark(mark, from, to)),
      make("span", "lgs-axis-end", label(to, to - from)),
    );
  }

  private mark(mark: number, from: number, to: number): HTMLElement {
    const element = make("span", "", label(mark, to - from));
    element.style.left = `${(100 * (mark - from)) / (to - from)}%`;
    return element;
  }
}

/** A moment, as finely as a field of so many seconds shows it. */
function label(t: number, seconds: number): string {
  if (t === 0) return "0";
  if (seconds < 0.005 && t < 1) return `${(t * 1000).toFixed(1).replace(".0", "")} ms`;
  if (seconds < 0.5 && t >= 1) return `${t.toFixed(Math.min(4, Math.ceil(-Math.log10(seconds)) + 1))} s`;
  if (seconds < 10 && t >= 9.95) return `${t.toFixed(1)} s`;
  return duration(t).replace(".0 s", " s");
}
