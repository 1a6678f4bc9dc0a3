/** The moment of the run that a view shows: the present, or any earlier one. */

import { RUN_ID, type RunRow, type Tables } from "../protocol/rows";
import { History } from "./history";
import { type Changes, type Store, isRunning, noChanges } from "./store";

/** Milliseconds after the last move of a drag when everything is drawn in full again. */
const SETTLE_MS = 200;

/** One view's position in time, and the run as it was then. Panels read the run through it. */
export class TimeCursor {
  /** The moment shown, in seconds since the start of the run; undefined for the present. */
  time: number | undefined;
  /** True while the moment is changing: long texts may then be drawn in part. */
  isMoving = false;
  #history: History | undefined;
  #pending: Changes | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `live`: the run as it is now. */
  constructor(readonly live: Store) {}

  get tables(): Tables {
    return this.time === undefined || this.#history === undefined ? this.live.tables : this.#history.tables;
  }

  get run(): RunRow {
    return this.tables.run.get(RUN_ID) ?? {};
  }

  /** True if the run was running at the moment shown. */
  get isRunning(): boolean {
    return this.time === undefined ? this.live.isRunning : isRunning(this.run);
  }

  /** The moment shown, in seconds since the start of the run. */
  now(): number {
    return this.time ?? this.live.now();
  }

  /** Have what changed painted in the next animation frame. */
  notify(): void {
    this.live.notify();
  }

  /** Show the moment `t`; with undefined, or at the end of the run, the present. */
  seek(t: number | undefined): void {
    const time = t === undefined || t >= this.live.now() ? undefined : Math.max(0, t);
    if (time === this.time) return;
    const before = this.time;
    this.time = time;
    this.#markMoving();
    if (before === undefined || time === undefined) this.#pending = noChanges(true);
    this.notify();
  }

  /** What panels must paint after these changes of the live run. In the past: only what seeking changed. */
  changesToPaint(changes: Changes): Changes {
    if (this.time !== undefined) {
      if (this.#history?.log !== this.live.log) this.#history = new History(this.live.log);
      const { all, ids } = this.#history.seek(this.time);
      changes = { all: all || (this.#pending?.all ?? changes.all), ids };
    } else if (this.#pending?.all) {
      changes = { ...changes, all: true };
    }
    this.#pending = undefined;
    return changes;
  }

  /** Return to the present and release the keyframes. */
  close(): void {
    clearTimeout(this.#timer);
    this.time = undefined;
    this.#history = undefined;
  }

  #markMoving(): void {
    this.isMoving = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.isMoving = false;
      this.#pending = noChanges(true);
      this.notify();
    }, SETTLE_MS);
  }
}
