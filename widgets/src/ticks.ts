/** When tokens came, as thin marks across a lane: one path a lane, however many tokens. */

import { ROOT } from "./rows";
import type { Store } from "./store";

const SVG = "http://www.w3.org/2000/svg";
/** Marks a lane is wide at most; nearer ones are one mark. */
const FINEST = 300;

/** Times at which text was added, by tree row, read from the log of operations as it grows. */
export class TokenTimes {
  readonly byRow = new Map<string, number[]>();
  private log: Store["log"] | undefined;
  private read = 0;

  /** Take in what is new in the log. Returns the tree rows with new times. */
  follow(store: Store): Set<string> {
    if (this.log !== store.log) {
      this.log = store.log;
      this.read = 0;
      this.byRow.clear();
    }
    const fresh = new Set<string>();
    for (; this.read < store.log.length; this.read++) {
      const [t, table, id] = store.log[this.read] as Store["log"][number];
      if (table !== "call" || store.log[this.read]?.length !== 5) continue;
      const row = store.tables.call.get(id)?.row ?? ROOT;
      const times = this.byRow.get(row);
      if (times === undefined) this.byRow.set(row, [t]);
      else times.push(t);
      fresh.add(row);
    }
    return fresh;
  }
}

/** The path through all marks, in a field of `span` seconds by 1. */
export function tickPath(times: readonly number[], span: number): string {
  const finest = span / FINEST;
  let last = -Infinity;
  let path = "";
  for (const t of times) {
    if (t - last < finest) continue;
    last = t;
    path += `M${t} 0V1`;
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

  paint(times: readonly number[], span: number): void {
    this.element.setAttribute("viewBox", `0 0 ${span} 1`);
    this.path.setAttribute("d", tickPath(times, span));
  }
}
