/** The tables of one run, folded from operations, and the log of those operations. */

import { type Operation, RUN_ID, type RunRow, TABLES, type Table, type Tables } from "../protocol/rows";
import { scheduleFrame } from "./frameScheduler";

/** What to repaint: every row (`all`), or the rows with these ids. */
export interface Changes {
  all: boolean;
  ids: Record<Table, Set<string>>;
}

export type Listener = (changes: Changes) => void;
export type Schedule = (flush: () => void) => void;

type Row = Record<string, unknown>;

export function noChanges(all = false): Changes {
  return {
    all,
    ids: { run: new Set(), tree: new Set(), task: new Set(), call: new Set(), note: new Set(), step: new Set() },
  };
}

export function emptyTables(): Tables {
  return { run: new Map(), tree: new Map(), task: new Map(), call: new Map(), note: new Map(), step: new Map() };
}

/**
 * Takes operations with `apply`, at a constant cost each, and notifies listeners of the changed rows once per animation
 * frame.
 *
 * Rows are changed in place, so appending text costs only the length of the new text (JavaScript engines implement `+=`
 * as a rope). Panels remember how much of a text they have painted. `History`
 * replays part of the log for a view that looks back in time.
 */
export class Store {
  tables: Tables = emptyTables();
  /** All operations in order; another array after `replace`. Python has merged the pieces of streamed texts. */
  log: Operation[] = [];
  #changes = noChanges();
  #isScheduled = false;
  readonly #listeners = new Set<Listener>();
  /** The page's clock (ms) when the run started, estimated from the operation with the least delay. */
  #startMs = Infinity;
  #latestTime = 0;

  constructor(
    private readonly schedule: Schedule = scheduleFrame,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get run(): RunRow {
    return this.tables.run.get(RUN_ID) ?? {};
  }

  /** True while the run may still change, and before its status is known. */
  get isRunning(): boolean {
    return isRunning(this.run);
  }

  apply(ops: readonly Operation[]): void {
    for (const op of ops) {
      this.log.push(op);
      const [t, table, id] = op;
      if (!TABLES.includes(table)) continue; // from a newer lgstream: kept in the log, not drawn
      if (t > this.#latestTime) this.#latestTime = t;
      applyOperation(this.tables, op);
      this.#changes.ids[table].add(id);
    }
    this.#startMs = Math.min(this.#startMs, this.clock() - this.#latestTime * 1000);
    this.notify();
  }

  /** Start over with another list of operations. Listeners are told that everything changed. */
  replace(ops: readonly Operation[]): void {
    this.tables = emptyTables();
    this.log = [];
    this.#latestTime = 0;
    this.#startMs = Infinity;
    this.#changes.all = true;
    this.apply(ops);
  }

  /** Seconds since the run started: advances while the run is running, fixed once it has ended. */
  now(): number {
    if (!this.isRunning) return this.run.ended ?? this.run.saved_at ?? this.#latestTime;
    if (this.#startMs === Infinity) return 0;
    return Math.max(this.#latestTime, (this.clock() - this.#startMs) / 1000);
  }

  /** Call `listener` after changes. Returns a function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Notify the listeners in the next animation frame; at most once per frame. */
  notify(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.schedule(() => this.flush());
  }

  flush(): void {
    this.#isScheduled = false;
    const changes = this.#changes;
    this.#changes = noChanges();
    for (const listener of this.#listeners) listener(changes);
  }
}

/** True while the run of this row may still change, and before its status is known. */
export function isRunning({ status, saved_at }: RunRow): boolean {
  return saved_at === undefined && (status === undefined || status === "running" || status === "pending");
}

/** Apply one operation to the tables, as `lgstream/views/fold/replay.py` does. */
export function applyOperation(tables: Tables, op: Operation): void {
  const [, table, id] = op;
  const rows = tables[table] as Map<string, Row>;
  let row = rows.get(id);
  if (row === undefined) rows.set(id, (row = {}));
  if (op.length === 5) {
    const [, , , field, text] = op;
    const before = row[field];
    row[field] = (typeof before === "string" ? before : "") + text;
  } else {
    Object.assign(row, op[3]);
  }
}
