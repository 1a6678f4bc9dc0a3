/** A model like the ones of anywidget, without a kernel; for the dev page and the tests. */

import type { Traits } from "../src/protocol/messages";
import type { Model } from "../src/protocol/transport";

type Handler = (message?: unknown) => void;

export class FakeModel {
  readonly sent: Record<string, unknown>[] = [];
  readonly traits: Traits = { last_seq: 0, ops_final: "", stop_mode: "button" };
  private readonly handlers = new Map<string, Set<Handler>>();

  constructor(traits: Partial<Traits> = {}) {
    Object.assign(this.traits, traits);
  }

  get: Model["get"] = (key) => this.traits[key];

  on: Model["on"] = (name: string, handler: (message: unknown, buffers: DataView[]) => void): void => {
    const handlers = this.handlers.get(name) ?? new Set();
    this.handlers.set(name, handlers.add(handler as Handler));
  };

  off: Model["off"] = (name?: string | null, handler?: Handler | null): void => {
    if (name && handler) this.handlers.get(name)?.delete(handler);
  };

  send: Model["send"] = (content: Record<string, unknown>): void => void this.sent.push(content);

  /** A custom message from Python. */
  receive(message: unknown): void {
    this.fire("msg:custom", message);
  }

  /** A trait set by Python. */
  sync<K extends keyof Traits>(key: K, value: Traits[K]): void {
    this.traits[key] = value;
    this.fire(`change:${key}`);
  }

  fire(name: string, message?: unknown): void {
    for (const handler of this.handlers.get(name) ?? []) handler(message);
  }
}
