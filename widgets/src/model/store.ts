/** The tables of one run, folded from operations, and the log of those operations. */

import { Log } from "./operationLog";
import { type Operation, RUN, type RunRow, TABLES, type Table, type Tables } from "../protocol/rows";

/** What to repaint: every row (`all`), or the ids per table. */
export interface Changes {
  all: boolean;
  ids: Record<Table, Set<string>>;
}

export type Listener = (changes: Changes) => void;
export type Schedule = (flush: () => void) => void;

type Row = Record<string, unknown>;

/** Milliseconds into an animation frame at which a view leaves the next paint to the next frame: views took that time. */
const SPENT = 12;
/** A frame that begins as late as this was not kept by views: the page has much to do, and waiting would not help. */
const LATE = 100;
/** Frames that a view waits at most. */
const PATIENCE = 4;

/** In the next animation frame; where other views took its time, in a later one. */
export function inTurn(flush: () => void, waited = 0): void {
  requestAnimationFrame((start) => {
    const spent = performance.now() - start;
    if (waited < PATIENCE && spent > SPENT && spent < LATE) inTurn(flush, waited + 1);
    else flush();
  });
}

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
 * Operations go in with `apply`, at a constant cost each; listeners hear once per animation frame which rows changed.
 *
 * A row is changed in place, so an `add` costs the length of its own text (the engine keeps `+=` as a rope). What grew
 * is for the painter to see: it knows how much it has drawn. The log is the whole story, in order: `History` replays a
 * part of it for a view that looks back.
 */
export class Store {
  tables: Tables = emptyTables();
  log = new Log();
  private changes = noChanges();
  private scheduled = false;
  private readonly listeners = new Set<Listener>();
  /** The page's clock (ms) at the run's start, as the least delayed operation tells it. */
  private origin = Infinity;
  private latest = 0;

  constructor(
    private readonly schedule: Schedule = inTurn,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get run(): RunRow {
    return this.tables.run.get(RUN) ?? {};
  }

  /** Whether the run may still change; a run of which nothing is known yet does. */
  get running(): boolean {
    const { status } = this.run;
    return status === undefined || status === "running" || status === "pending";
  }

  apply(ops: readonly Operation[]): void {
    for (const op of ops) {
      this.log.push(op);
      const [t, table, id] = op;
      if (!TABLES.includes(table)) continue; // from a newer lgstream: kept in the log, not drawn
      if (t > this.latest) this.latest = t;
      fold(this.tables, op);
      this.changes.ids[table].add(id);
    }
    this.origin = Math.min(this.origin, this.clock() - this.latest * 1000);
    this.notify();
  }

  /** Start over from another list of operations. Painters are told that everything changed. */
  replace(ops: readonly Operation[]): void {
    this.tables = emptyTables();
    this.log = new Log();
    this.latest = 0;
    this.origin = Infinity;
    this.changes.all = true;
    this.apply(ops);
  }

  /** Seconds since the run started: ticking while it runs, standing still once it has ended. */
  now(): number {
    if (!this.running) return this.run.ended ?? this.latest;
    if (this.origin === Infinity) return 0;
    return Math.max(this.latest, (this.clock() - this.origin) / 1000);
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Tell the listeners in the next animation frame; at most once per frame. */
  notify(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => this.flush());
  }

  flush(): void {
    this.scheduled = false;
    const changes = this.changes;
    this.changes = noChanges();
    for (const listener of this.listeners) listener(changes);
  }
}

/** Let one operation happen to the tables. */
export function fold(tables: Tables, op: Operation): void {
  const [, table, id] = op;
  const rows = tables[table] as Map<string, Row>;
  let row = rows.get(id);
  if (row === undefined) rows.set(id, (row = {}));
  if (op.length === 5) {
    const [, , , field, text] = op;
    row[field] = ((row[field] as string | undefined) ?? "") + text;
  } else {
    Object.assign(row, op[3]);
  }
}
