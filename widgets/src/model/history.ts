/** The tables of a run as they were at a moment, from its log. */

import type { Log } from "./operationLog";
import { type Operation, TABLES, type Table, type Tables } from "../protocol/rows";
import { type Changes, emptyTables, fold, noChanges } from "./store";

/** Operations between two keyframes at first; doubled, and every other keyframe dropped, whenever there are too many. */
const INTERVAL = 400;
const MOST = 32;

type Rows = Map<string, object>;

interface Keyframe {
  /** How many operations it has taken in, and when the last of them happened. */
  ops: number;
  t: number;
  tables: Tables;
}

/**
 * Seeks by going on from where it is, or from the keyframe before. There are at most `MOST` keyframes, so that a seek
 * applies at most 1/16 of the log (or `INTERVAL` operations). Keyframes share the rows that did not change between
 * them: together they hold at most one copy of a row an operation, and `MOST` maps of the run's row ids.
 *
 * Nothing is built before the first seek.
 */
export class History {
  tables = emptyTables();
  private at = 0;
  private reached = 0;
  private interval = INTERVAL;
  private keyframes: Keyframe[] = [];
  /** Rows that are a keyframe's too, and must be copied before they change. */
  private shared = new Set<object>();

  constructor(readonly log: Log) {}

  /** Bring `tables` to the moment `t`. Returns what changed by that. */
  seek(t: number): Changes {
    const { at } = this;
    this.index();
    const until = this.position(t);
    const afresh = this.at !== at || until < at || until - at > 2 * this.interval;
    if (afresh) this.restore(until);
    const changes = noChanges(afresh);
    this.run(until, changes);
    return changes;
  }

  /** Keyframes for what came since, at the end of the log. */
  private index(): void {
    const end = this.log.seal();
    while (this.reached + this.interval <= end) {
      this.restore(this.reached);
      this.run(this.reached + this.interval, noChanges());
      this.reached = this.at;
      const t = this.log.ops[this.at - 1]?.[0] ?? 0;
      this.keyframes.push({ ops: this.at, t, tables: this.share() });
      if (this.keyframes.length > MOST) this.thin();
    }
  }

  private thin(): void {
    this.interval *= 2;
    this.keyframes = this.keyframes.filter(({ ops }) => ops % this.interval === 0);
    this.reached = this.keyframes.at(-1)?.ops ?? 0;
  }

  /** How many operations had happened at `t`: the times in a log never run backwards. */
  private position(t: number): number {
    let [low, high] = [0, this.log.ops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.log.ops[middle] as Operation)[0] <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Go to the last keyframe at or before `until` operations, unless going on from here is as good. */
  private restore(until: number): void {
    const from = this.keyframes.findLast(({ ops }) => ops <= until);
    if (this.at <= until && this.at >= (from?.ops ?? 0)) return;
    this.at = from?.ops ?? 0;
    this.tables = from === undefined ? emptyTables() : copyMaps(from.tables);
    this.shared = new Set(TABLES.flatMap((table) => [...(this.tables[table] as Rows).values()]));
  }

  private run(until: number, { ids }: Changes): void {
    for (; this.at < until; this.at++) {
      const op = this.log.ops[this.at] as Operation;
      const [, table, id] = op;
      if (!TABLES.includes(table)) continue;
      this.own(table, id);
      fold(this.tables, op);
      ids[table].add(id);
    }
  }

  private own(table: Table, id: string): void {
    const rows = this.tables[table] as Rows;
    const row = rows.get(id);
    if (row !== undefined && this.shared.delete(row)) rows.set(id, { ...row });
  }

  private share(): Tables {
    for (const table of TABLES) for (const row of (this.tables[table] as Rows).values()) this.shared.add(row);
    return copyMaps(this.tables);
  }
}

function copyMaps(tables: Tables): Tables {
  const copy = emptyTables();
  for (const table of TABLES) for (const [id, row] of tables[table] as Rows) (copy[table] as Rows).set(id, row);
  return copy;
}
