/** Which calls overlap in time, and are therefore shown side by side. */

import type { CallRow, TaskRow } from "../protocol/rows";

/** Calls that overlap in time, in the order in which they started. */
export interface CallGroup {
  ids: string[];
}

/** Each call is compared with those that run in its group. */
const MAX_GROUP_CALLS = 100;

type Tasks = ReadonlyMap<string, TaskRow>;

interface CallTables {
  call: ReadonlyMap<string, CallRow>;
  task: Tasks;
}

/**
 * Groups calls, which are added in the order in which they started. A call joins the group before it if it started while
 * a call of that group was running, unless it runs inside that call: a model called by a tool is shown below the tool.
 * A group that is full is followed by another.
 */
export class ConcurrentCalls {
  /** The group of each call. */
  readonly groups = new Map<string, CallGroup>();
  #lastGroup: CallGroup | undefined;
  /** The calls of the last group that were running when the last call started. */
  #running: string[] = [];

  constructor(private readonly tables: () => CallTables) {}

  add(id: string, call: CallRow): CallGroup {
    const { call: calls, task } = this.tables();
    const started = call.started ?? 0;
    this.#running = this.#running.filter((other) => (calls.get(other)?.ended ?? Infinity) > started);
    const isNested = this.#running.some((other) => runsInside(call, calls.get(other) ?? {}, task));
    const isFull = this.#lastGroup?.ids.length === MAX_GROUP_CALLS;
    if (this.#lastGroup === undefined || this.#running.length === 0 || isNested || isFull) {
      this.#lastGroup = { ids: [] };
      this.#running = [];
    }
    this.#lastGroup.ids.push(id);
    this.groups.set(id, this.#lastGroup);
    this.#running.push(id);
    return this.#lastGroup;
  }

  clear(): void {
    this.groups.clear();
    this.#lastGroup = undefined;
    this.#running = [];
  }

  /** The column of each call of a group: one per branch of the task tree, from where the calls' branches part. */
  columns({ ids }: CallGroup): number[] {
    const { call, task } = this.tables();
    const chains = ids.map((id) => [...taskChain(call.get(id)?.task, task), id]);
    const [first = []] = chains;
    const shared = Math.min(...chains.map((chain) => commonPrefixLength(first, chain)));
    const branches = chains.map((chain) => chain[shared] as string);
    const order = [...new Set(branches)];
    return branches.map((branch) => order.indexOf(branch));
  }
}

/** The task with this id and the tasks around it, the outermost first. */
function taskChain(id: string | undefined, tasks: Tasks): string[] {
  const chain = new Set<string>();
  for (let task = id; task && !chain.has(task); task = tasks.get(task)?.parent) chain.add(task);
  return [...chain].reverse();
}

/** The number of equal elements at the start of two chains; always less than the length of either. */
function commonPrefixLength(a: readonly string[], b: readonly string[]): number {
  const end = Math.min(a.length, b.length) - 1;
  let length = 0;
  while (length < end && a[length] === b[length]) length++;
  return length;
}

/** True if `inner`, which started later, is part of what the tool call `outer` does. */
function runsInside(inner: CallRow, outer: CallRow, tasks: Tasks): boolean {
  if (outer.role !== "tool" || !outer.task) return false;
  if (inner.task === outer.task) return inner.role !== "tool";
  return taskChain(inner.task, tasks).includes(outer.task);
}
