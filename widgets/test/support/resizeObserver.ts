/** jsdom has no layout and no ResizeObserver: here the test says that elements have changed their size. */

import { afterEach } from "vitest";

const observers = new Set<() => void>();
afterEach(() => observers.clear());

globalThis.ResizeObserver = class implements ResizeObserver {
  constructor(private readonly callback: ResizeObserverCallback) {}

  observe(): void {
    observers.add(() => this.callback([], this));
  }

  unobserve(): void {}

  disconnect(): void {}
};

/** Notify all observers that their elements have changed their size. */
export function grow(): void {
  for (const notify of observers) notify();
}
