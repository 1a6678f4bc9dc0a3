/** Thin marks on a lane for the times at which tokens came: one SVG path per lane, however many tokens. */

import { pushTo } from "../../model/pushTo";
import { type Operation, ROOT_ID } from "../../protocol/rows";
import type { Store } from "../../model/store";
import { SVG_NAMESPACE } from "../../dom/dom";

/** At most this many marks fit on a lane; marks closer together are drawn as one. */
const MAX_MARKS = 300;

/** The times at which models and nodes wrote, by tree row. Read from the log of operations as it grows. */
export class TokenTimestamps {
  readonly byRow = new Map<string, number[]>();
  #log: readonly Operation[] | undefined;
  /** How many operations of the log were read. */
  #position = 0;

  /** Read the new operations of the log. Returns the tree rows with new times. */
  update(store: Store): Set<string> {
    if (this.#log !== store.log) {
      this.#log = store.log;
      this.#position = 0;
      this.byRow.clear();
    }
    const changedRows = new Set<string>();
    for (; this.#position < store.log.length; this.#position++) {
      const op = store.log[this.#position] as Operation;
      const [t, table, id] = op;
      const isToken = table === "call" && op.length === 5;
      if (!isToken && table !== "note") continue;
      const row = (isToken ? store.tables.call.get(id)?.row : store.tables.note.get(id)?.row) ?? ROOT_ID;
      pushTo(this.byRow, row, t);
      changedRows.add(row);
    }
    return changedRows;
  }
}

/** The path through all marks up to `now`, in a coordinate system of `seconds` by 1 that starts at `from`. */
export function tickPath(times: readonly number[], seconds: number, from = 0, now = Infinity): string {
  const minDistance = seconds / MAX_MARKS;
  let last = -Infinity;
  let path = "";
  for (const t of times) {
    if (t > now || t > from + seconds) break;
    if (t < from || t - last < minDistance) continue;
    last = t;
    path += `M${Math.round((t - from) * 1e4) / 1e4} 0V1`;
  }
  return path;
}

export class TokenTicks {
  readonly element = document.createElementNS(SVG_NAMESPACE, "svg");
  readonly #path = document.createElementNS(SVG_NAMESPACE, "path");

  constructor() {
    this.element.setAttribute("class", "lgs-ticks");
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("aria-hidden", "true");
    this.element.append(this.#path);
  }

  paint(times: readonly number[], seconds: number, from = 0, now = Infinity): void {
    this.element.setAttribute("viewBox", `0 0 ${seconds} 1`);
    this.#path.setAttribute("d", tickPath(times, seconds, from, now));
  }
}
