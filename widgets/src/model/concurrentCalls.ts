/** Which calls went on at the same time, and so stand side by side. Pure. */

import type { CallRow, TaskRow } from "../protocol/rows";

/** Calls that went on at the same time, in the order in which they began. */
export interface Group {
  ids: string[];
}

type Tasks = ReadonlyMap<string, TaskRow>;

interface Tables {
  call: ReadonlyMap<string, CallRow>;
  task: Tasks;
}

/**
 * Give it calls in the order of their beginning. A call joins the group before it if it began while one of that group
 * went on, unless it went on within that one: a model called by a tool stands below the tool.
 */
export class Abreast {
  /** The group of each call. */
  readonly of = new Map<string, Group>();
  private last: Group | undefined;
  private active: string[] = [];

  constructor(private readonly tables: () => Tables) {}

  add(id: string, call: CallRow): Group {
    const { call: calls, task } = this.tables();
    const began = call.started ?? 0;
    this.active = this.active.filter((other) => (calls.get(other)?.ended ?? Infinity) > began);
    const within = this.active.some((other) => holds(calls.get(other) ?? {}, call, task));
    if (this.last === undefined || this.active.length === 0 || within) {
      this.last = { ids: [] };
      this.active = [];
    }
    this.last.ids.push(id);
    this.of.set(id, this.last);
    this.active.push(id);
    return this.last;
  }

  clear(): void {
    this.of.clear();
    this.last = undefined;
    this.active = [];
  }

  /** The column of each call of a group: one for each of the branches in which the calls went on. */
  columns({ ids }: Group): number[] {
    const { call, task } = this.tables();
    const chains = ids.map((id) => [...above(call.get(id)?.task, task), id]);
    const [first = []] = chains;
    const shared = Math.min(...chains.map((chain) => common(first, chain)));
    const branches = chains.map((chain) => chain[shared] as string);
    const order = [...new Set(branches)];
    return branches.map((branch) => order.indexOf(branch));
  }
}

/** The tasks around a call, the outermost first. */
function above(id: string | undefined, tasks: Tasks): string[] {
  const chain: string[] = [];
  for (let at = id; at; at = tasks.get(at)?.parent) chain.push(at);
  return chain.reverse();
}

/** With how many elements two chains begin alike; never all of one of them. */
function common(a: readonly string[], b: readonly string[]): number {
  const end = Math.min(a.length, b.length) - 1;
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at;
}

/** Whether `inner`, which began later, is part of what the tool `outer` does. */
function holds(outer: CallRow, inner: CallRow, tasks: Tasks): boolean {
  if (outer.role !== "tool" || !outer.task) return false;
  if (inner.task === outer.task) return inner.role !== "tool";
  return above(inner.task, tasks).includes(outer.task);
}
