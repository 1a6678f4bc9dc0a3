/** The tables of a run as they were at an earlier moment, from its log. */

import { type Operation, TABLES, type Table, type Tables } from "../protocol/rows";
import { type Changes, applyOperation, emptyTables, noChanges } from "./store";

/** Operations between two keyframes at first. With more than `MAX_KEYFRAMES` it is doubled and every other one dropped. */
const FIRST_KEYFRAME_INTERVAL = 400;
const MAX_KEYFRAMES = 32;

type Rows = Map<string, object>;

interface Keyframe {
  /** The number of operations that its tables contain. */
  ops: number;
  tables: Tables;
}

/**
 * Seeks from the current position, or from the last keyframe before the target. As there are at most `MAX_KEYFRAMES`, a
 * seek applies at most 1/16 of the log (or `FIRST_KEYFRAME_INTERVAL` operations). Keyframes share the rows that did not
 * change between them: together they hold at most one copy of a row per operation, and `MAX_KEYFRAMES` maps of row ids.
 *
 * Nothing is built before the first seek.
 */
export class History {
  tables = emptyTables();
  /** The number of operations that `tables` contains. */
  #position = 0;
  /** The number of operations that keyframes cover. */
  #indexed = 0;
  #interval = FIRST_KEYFRAME_INTERVAL;
  /** In the order of time; replaced, never changed, when some are dropped. */
  keyframes: readonly Keyframe[] = [];
  /** Rows that also belong to a keyframe and must be copied before they change. */
  readonly #sharedRows = new Set<object>();

  /** `log`: all operations of the run so far; it may grow. */
  constructor(readonly log: readonly Operation[]) {}

  /** Bring `tables` to time `t`. Returns what changed. */
  seek(t: number): Changes {
    const before = this.#position;
    this.#addKeyframes();
    const target = this.#operationsUntil(t);
    const isJump = this.#position !== before || target < before || target - before > 2 * this.#interval;
    if (isJump) this.#restoreKeyframe(target);
    const changes = noChanges(isJump);
    this.#replay(target, changes);
    return changes;
  }

  /** Add keyframes for the operations that the log gained. */
  #addKeyframes(): void {
    const end = this.log.length;
    while (this.#indexed + this.#interval <= end) {
      this.#restoreKeyframe(this.#indexed);
      this.#replay(this.#indexed + this.#interval, noChanges());
      this.#indexed = this.#position;
      this.keyframes = [...this.keyframes, { ops: this.#position, tables: this.#shareTables() }];
      if (this.keyframes.length > MAX_KEYFRAMES) this.#dropEveryOtherKeyframe();
    }
  }

  #dropEveryOtherKeyframe(): void {
    this.#interval *= 2;
    this.keyframes = this.keyframes.filter(({ ops }) => ops % this.#interval === 0);
    this.#indexed = this.keyframes.at(-1)?.ops ?? 0;
  }

  /** The number of operations up to time `t`: times in a log never decrease. */
  #operationsUntil(t: number): number {
    let [low, high] = [0, this.log.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.log[middle] as Operation)[0] <= t) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Go to the last keyframe at or before `target` operations, unless continuing from here takes no more operations. */
  #restoreKeyframe(target: number): void {
    const keyframe = this.keyframes.findLast(({ ops }) => ops <= target);
    if (this.#position <= target && this.#position >= (keyframe?.ops ?? 0)) return;
    this.#position = keyframe?.ops ?? 0;
    this.tables = keyframe === undefined ? emptyTables() : copyMaps(keyframe.tables);
    this.#sharedRows.clear();
    this.#markRowsShared();
  }

  /** Apply operations until `tables` contains `target` of them, and record the changed rows in `changes`. */
  #replay(target: number, { ids }: Changes): void {
    for (; this.#position < target; this.#position++) {
      const op = this.log[this.#position] as Operation;
      const [, table, id] = op;
      if (!TABLES.includes(table)) continue;
      this.#copyIfShared(table, id);
      applyOperation(this.tables, op);
      ids[table].add(id);
    }
  }

  #copyIfShared(table: Table, id: string): void {
    const rows = this.tables[table] as Rows;
    const row = rows.get(id);
    if (row !== undefined && this.#sharedRows.delete(row)) rows.set(id, { ...row });
  }

  /** The current tables for a keyframe; their rows are copied before they change again. */
  #shareTables(): Tables {
    this.#markRowsShared();
    return copyMaps(this.tables);
  }

  #markRowsShared(): void {
    for (const table of TABLES) for (const row of (this.tables[table] as Rows).values()) this.#sharedRows.add(row);
  }
}

function copyMaps(tables: Tables): Tables {
  const copy = emptyTables();
  for (const table of TABLES) for (const [id, row] of tables[table] as Rows) (copy[table] as Rows).set(id, row);
  return copy;
}
