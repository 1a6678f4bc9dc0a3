/** A view's moment of the run: now, or any earlier one. What painters read. */

import { History } from "./history";
import { RUN, type RunRow, type Tables } from "../protocol/rows";
import { type Changes, type Store, noChanges } from "./store";

/** Milliseconds after the last move of a drag when everything is drawn in full again. */
const SETTLE = 200;

export class Replay {
  /** The moment looked at, in seconds since the start; undefined: the present. */
  at: number | undefined;
  /** Whether the moment is changing just now: long texts may then be drawn in part. */
  moving = false;
  private history: History | undefined;
  private pending: Changes | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly live: Store) {}

  get tables(): Tables {
    return this.at === undefined || this.history === undefined ? this.live.tables : this.history.tables;
  }

  get run(): RunRow {
    return this.tables.run.get(RUN) ?? {};
  }

  /** Whether the run was still going at the moment looked at. */
  get running(): boolean {
    if (this.at === undefined) return this.live.running;
    const { status } = this.run;
    return status === undefined || status === "running" || status === "pending";
  }

  now(): number {
    return this.at ?? this.live.now();
  }

  /** Have everything that changed painted in the next animation frame. */
  notify(): void {
    this.live.notify();
  }

  /** Look at the moment `t`; at the end of a run, or undefined, at the present. */
  seek(t: number | undefined): void {
    const end = this.live.now();
    const at = t === undefined || t >= end ? undefined : Math.max(0, t);
    if (at === this.at) return;
    const before = this.at;
    this.at = at;
    this.move();
    if (before === undefined || at === undefined) this.pending = noChanges(true);
    this.notify();
  }

  /** What a painter must paint for the changes of the live run: in the past, only what seeking changed. */
  take(changes: Changes): Changes {
    if (this.at !== undefined) {
      if (this.history?.log !== this.live.log) this.history = new History(this.live.log);
      const { all, ids } = this.history.seek(this.at);
      changes = { all: all || (this.pending?.all ?? changes.all), ids };
    } else if (this.pending?.all) {
      changes = { ...changes, all: true };
    }
    this.pending = undefined;
    return changes;
  }

  /** Free the keyframes; go back to the present. */
  close(): void {
    clearTimeout(this.timer);
    this.at = undefined;
    this.history = undefined;
  }

  private move(): void {
    this.moving = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.moving = false;
      this.pending = noChanges(true);
      this.notify();
    }, SETTLE);
  }
}
