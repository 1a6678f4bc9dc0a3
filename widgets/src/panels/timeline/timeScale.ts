/** The scale of the timeline: the seconds it shows, and the axis below it. */

import { make } from "../../dom/dom";
import { formatDuration } from "../../dom/format";

/** Lengths of the timeline while the run is running, times a power of ten seconds or minutes. */
const LENGTH_STEPS = [1, 2, 3, 5, 8, 10];
const MIN_RUNNING_SECONDS = 2;
const MINUTE_SECONDS = 60;
/** The least number of seconds that the timeline shows. */
const MIN_SECONDS = 0.001;
/** After a window that follows the run moved, the present is at this fraction of it. */
const PRESENT_FRACTION = 0.6;
/** Fraction of the axis that marks may use: its end has a label of its own. */
const MARKS_FRACTION = 0.87;
const MAX_MARKS = 5;

/**
 * The length of the timeline in seconds. While the run is running it is longer than the time that has passed and grows
 * in steps, so that finished bars keep their place while others grow.
 */
export function timelineSeconds(now: number, isRunning: boolean): number {
  if (!isRunning) return Math.max(now, MIN_SECONDS);
  const least = Math.max(now * 1.03, MIN_RUNNING_SECONDS);
  const unit = least >= MINUTE_SECONDS ? MINUTE_SECONDS : 1;
  const power = 10 ** Math.floor(Math.log10(least / unit));
  const step = LENGTH_STEPS.find((value) => value * power * unit >= least) ?? 10;
  return step * power * unit;
}

/**
 * The range of seconds that the timeline shows: the whole run, or a window. A window that contains the present follows
 * it, in steps.
 */
export class TimeScale {
  /** The length of the whole timeline in seconds. */
  whole = MIN_RUNNING_SECONDS;
  #present = 0;
  #followsPresent = false;
  #window: { from: number; to: number } | undefined;

  get from(): number {
    return this.#window?.from ?? 0;
  }

  get to(): number {
    return this.#window?.to ?? this.whole;
  }

  get seconds(): number {
    return this.to - this.from;
  }

  get isZoomed(): boolean {
    return this.#window !== undefined;
  }

  /** Show `factor` times as many seconds; the moment `around` keeps its place. */
  zoom(factor: number, around: number): void {
    const seconds = Math.max(this.seconds * factor, MIN_SECONDS);
    this.#show(around - ((around - this.from) / this.seconds) * seconds, seconds);
  }

  /** Move the window by this many seconds. */
  pan(seconds: number): void {
    if (this.isZoomed) this.#show(this.from + seconds, this.seconds);
  }

  /** Move the window so that it contains a moment. */
  reveal(t: number): void {
    if (t < this.from) this.pan(t - this.from);
    else if (t > this.to) this.pan(t - this.to);
  }

  /** The run is at `now`, and the whole timeline is `whole` seconds long. */
  advance(now: number, whole: number): void {
    this.whole = whole;
    this.#present = now;
    if (this.#window === undefined) return;
    const { from, to } = this.#window;
    if (this.#followsPresent && now > to) this.#show(now - PRESENT_FRACTION * (to - from), to - from);
    else if (to > whole) this.#show(from, to - from);
  }

  reset(): void {
    this.#window = undefined;
  }

  #show(from: number, seconds: number): void {
    if (seconds >= this.whole) return this.reset();
    const start = Math.min(Math.max(0, from), this.whole - seconds);
    this.#window = { from: start, to: start + seconds };
    this.#followsPresent = this.#present >= start && this.#present <= start + seconds;
  }
}

/** The times of the marks on the axis: about five round numbers, not too near the end. */
export function axisMarks(to: number, from = 0): number[] {
  const seconds = to - from;
  const unit = seconds >= 3 * MINUTE_SECONDS ? MINUTE_SECONDS : 1;
  const approximateStep = seconds / unit / 5;
  const power = 10 ** Math.floor(Math.log10(approximateStep));
  const step = ([1, 2, 5, 10].find((value) => value * power >= approximateStep) ?? 10) * power * unit;
  const first = Math.ceil(from / step);
  const marks = Array.from({ length: MAX_MARKS }, (_, n) => (first + n) * step);
  return marks.filter((mark) => mark < from + seconds * MARKS_FRACTION);
}

export class TimeAxis {
  readonly element = make("div", "lgs-axis");
  #painted = "";

  paint({ from, to }: { from: number; to: number }): void {
    const key = `${from} ${to}`;
    if (key === this.#painted) return;
    this.#painted = key;
    this.element.replaceChildren(
      ...axisMarks(to, from).map((mark) => this.#mark(mark, from, to)),
      make("span", "lgs-axis-end", timeLabel(to, to - from)),
    );
  }

  #mark(mark: number, from: number, to: number): HTMLElement {
    const element = make("span", "", timeLabel(mark, to - from));
    element.style.left = `${(100 * (mark - from)) / (to - from)}%`;
    return element;
  }
}

/** A moment, with the precision that an axis of this many seconds needs. */
function timeLabel(t: number, seconds: number): string {
  if (t === 0) return "0";
  if (seconds < 0.005 && t < 1) return `${(t * 1000).toFixed(1).replace(".0", "")} ms`;
  if (seconds < 0.5 && t >= 1) return `${t.toFixed(Math.min(4, Math.ceil(-Math.log10(seconds)) + 1))} s`;
  if (seconds < 10 && t >= 9.95) return `${t.toFixed(1)} s`;
  return formatDuration(t).replace(".0 s", " s");
}
