/** The operations of a run in order, with text that follows on text joined. */

import type { Operation } from "../protocol/rows";

/** Text added to one field within this many seconds is one operation: a step back in time is not finer than a frame. */
const GRAIN = 0.05;

/**
 * What is kept: every put, and at most `1 / GRAIN` adds a second for each stream of text, however many tokens came. A
 * joined operation has the time of its first token.
 */
export class Log {
  readonly ops: Operation[] = [];
  /** Where the last add to each field is, while nothing else happened to its row. */
  private readonly open = new Map<string, Map<string, number>>();

  push(op: Operation): void {
    const row = `${op[1]} ${op[2]}`;
    if (op.length === 4) {
      this.open.delete(row);
      this.ops.push(op);
      return;
    }
    const [t, table, id, field, text] = op;
    let fields = this.open.get(row);
    if (fields === undefined) this.open.set(row, (fields = new Map()));
    const at = fields.get(field);
    const last = at === undefined ? undefined : this.ops[at];
    if (at !== undefined && last?.length === 5 && t - last[0] < GRAIN) {
      this.ops[at] = [last[0], table, id, field, last[4] + text]; // a new one: the given belong to the transport
    } else {
      fields.set(field, this.ops.length);
      this.ops.push(op);
    }
  }

  /** From now on nothing is joined with what is there. Returns how many operations that is. */
  seal(): number {
    this.open.clear();
    return this.ops.length;
  }
}
