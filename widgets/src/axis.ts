/** The scale of the timeline: how many seconds it spans, and the marks below it. */

import { make } from "./dom";
import { duration } from "./format";

const SPANS = [1, 2, 3, 5, 8, 10];
const LEAST = 2;
const MINUTE = 60;

/**
 * Seconds the timeline spans. While the run goes on it spans more than has passed, and grows in leaps: bars then stand
 * still while others are growing.
 */
export function span(now: number, running: boolean): number {
  if (!running) return Math.max(now, 0.001);
  const least = Math.max(now * 1.03, LEAST);
  const unit = least >= MINUTE ? MINUTE : 1;
  const power = 10 ** Math.floor(Math.log10(least / unit));
  const leap = SPANS.find((value) => value * power * unit >= least) ?? 10;
  return leap * power * unit;
}

/** Where to put marks: about five, at round numbers. */
export function marks(seconds: number): number[] {
  const unit = seconds >= 3 * MINUTE ? MINUTE : 1;
  const rough = seconds / unit / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((value) => value * power >= rough) ?? 10) * power * unit;
  const found: number[] = [];
  for (let n = 0; n * step < seconds * 0.87; n++) found.push(n * step);
  return found;
}

export class Axis {
  readonly element = make("div", "lgs-axis");
  private painted = 0;

  paint(seconds: number): void {
    if (seconds === this.painted) return;
    this.painted = seconds;
    this.element.replaceChildren(
      ...marks(seconds).map((mark) => this.mark(mark, seconds)),
      make("span", "lgs-axis-end", label(seconds)),
    );
  }

  private mark(mark: number, seconds: number): HTMLElement {
    const element = make("span", "", label(mark));
    element.style.left = `${(100 * mark) / seconds}%`;
    return element;
  }
}

function label(seconds: number): string {
  return seconds === 0 ? "0" : duration(seconds).replace(".0 s", " s");
}
