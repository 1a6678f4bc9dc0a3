/** The operations of a run in order, with consecutive additions to one text merged. */

import type { Operation } from "../protocol/rows";

/** Text added to one field within this many seconds is kept as one operation: looking back is no finer than a frame. */
const MERGE_SECONDS = 0.05;

/**
 * Keeps every put, and at most `1 / MERGE_SECONDS` adds per second for each growing text, however many tokens came. A
 * merged operation has the time of its first token.
 */
export class OperationLog {
  readonly ops: Operation[] = [];
  /** By row and field: the index of the last add, as long as nothing else happened to the row. */
  readonly #lastAdds = new Map<string, Map<string, number>>();

  append(op: Operation): void {
    const row = `${op[1]} ${op[2]}`;
    if (op.length === 4) {
      this.#lastAdds.delete(row);
      this.ops.push(op);
      return;
    }
    const [t, table, id, field, text] = op;
    let indexes = this.#lastAdds.get(row);
    if (indexes === undefined) this.#lastAdds.set(row, (indexes = new Map()));
    const index = indexes.get(field);
    const last = index === undefined ? undefined : this.ops[index];
    if (index !== undefined && last?.length === 5 && t - last[0] < MERGE_SECONDS) {
      this.ops[index] = [last[0], table, id, field, last[4] + text]; // a new tuple: the transport may hold the old one
    } else {
      indexes.set(field, this.ops.length);
      this.ops.push(op);
    }
  }

  /** Merge nothing from now on with the operations that are there. Returns their number. */
  seal(): number {
    this.#lastAdds.clear();
    return this.ops.length;
  }
}
