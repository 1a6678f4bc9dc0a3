/** When tokens came, as thin marks across a lane: one path a lane, however many tokens. */

import type { Log } from "../../model/operationLog";
import { type Operation, ROOT } from "../../protocol/rows";
import type { Store } from "../../model/store";

const SVG = "http://www.w3.org/2000/svg";
/** Marks a lane is wide at most; nearer ones are one mark. */
const FINEST = 300;

/** Times at which a model or a node wrote, by tree row, read from the log of operations as it grows. */
export class TokenTimes {
  readonly byRow = new Map<string, number[]>();
  private log: Log | undefined;
  private read = 0;

  /** Take in what is new in the log. Returns the tree rows with new times. */
  follow(store: Store): Set<string> {
    if (this.log !== store.log) {
      this.log = store.log;
      this.read = 0;
      this.byRow.clear();
    }
    const fresh = new Set<string>();
    for (; this.read < store.log.ops.length; this.read++) {
      const op = store.log.ops[this.read] as Operation;
      const [t, table, id] = op;
      const token = table === "call" && op.length === 5;
      if (!token && table !== "note") continue;
      const row = (token ? store.tables.call.get(id)?.row : store.tables.note.get(id)?.row) ?? ROOT;
      const times = this.byRow.get(row);
      if (times === undefined) this.byRow.set(row, [t]);
      else times.push(t);
      fresh.add(row);
    }
    return fresh;
  }
}

/** The path through all marks until `now`, in a field of `span` seconds from `from` on by 1. */
export function tickPath(times: readonly number[], span: number, from = 0, now = Infinity): string {
  const finest = span / FINEST;
  let last = -Infinity;
  let path = "";
  for (const t of times) {
    if (t > now || t > from + span) break;
    if (t < from || t - last < finest) continue;
    last = t;
    path += `M${Math.round((t - from) * 1e4) / 1e4} 0V1`;
  }
  return path;
}

export class Ticks {
  readonly element = document.createElementNS(SVG, "svg");
  private readonly path = document.createElementNS(SVG, "path");

  constructor() {
    this.element.setAttribute("class", "lgs-ticks");
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(this.path);
  }

  paint(times: readonly number[], span: number, from = 0, now = Infinity): void {
    this.element.setAttribute("viewBox", `0 0 ${span} 1`);
    this.path.setAttribute("d", tickPath(times, span, from, now));
  }
}
