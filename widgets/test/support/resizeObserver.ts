/** jsdom lays nothing out, and tells nobody that an element has another size: here the test does. */

import { afterEach } from "vitest";

const told = new Set<() => void>();
afterEach(() => told.clear());

globalThis.ResizeObserver = class implements ResizeObserver {
  constructor(private readonly tell: ResizeObserverCallback) {}

  observe(): void {
    told.add(() => this.tell([], this));
  }

  unobserve(): void {}

  disconnect(): void {}
};

/** All that is observed has another size. */
export function grow(): void {
  for (const tell of told) tell();
}
