/** The run on the graph's drawing: how often each node ran, how it stands, and which edges were taken how often. */

import { joinedBy } from "../dom/format";
import type { Shape, Status, Tables, TaskRow } from "../protocol/rows";

export const START = "__start__";
export const END = "__end__";

export interface Visit {
  /** The tree rows that are this node: one, or one for each parallel task. */
  rows: string[];
  status: Status;
  visits: number;
  color: number | undefined;
}

export interface Passage {
  /** By path: names of nodes from the top, joined by "/". */
  nodes: Map<string, Visit>;
  /** By `edge(path of the graph, source, target)`. */
  edges: Map<string, number>;
}

export function edge(graph: string, source: string, target: string): string {
  return JSON.stringify([graph, source, target]);
}

/** The most telling status comes first: of the rows of one node the node shows it. */
const WEIGHT: readonly Status[] = ["failed", "waiting", "running", "stopped", "done", "pending"];

interface Superstep {
  graph: string;
  names: Map<string, TaskRow[]>;
}

export function passage(shape: Shape, { tree, task }: Tables): Passage {
  const found: Passage = { nodes: new Map(), edges: new Map() };
  const shapes = new Map<string, Shape>();
  const paths = rowPaths(shape, tree, shapes);
  for (const [id, path] of paths) {
    const row = tree.get(id);
    const visit = found.nodes.get(path) ?? { rows: [], status: "pending", visits: 0, color: row?.color };
    visit.rows.push(id);
    const status = row?.status ?? "pending";
    if (WEIGHT.indexOf(status) < WEIGHT.indexOf(visit.status)) visit.status = status;
    found.nodes.set(path, visit);
  }
  const calls = supersteps(task, tree, paths, found);
  for (const steps of calls.values()) walkCall(steps, shapes, found.edges);
  return found;
}

/** The path in the drawing for each row of the tree; `shapes` gets the graphs by their paths. */
function rowPaths(shape: Shape, tree: Tables["tree"], shapes: Map<string, Shape>): Map<string, string> {
  const paths = new Map<string, string>();
  shapes.set("", shape);
  for (const [id, row] of tree) {
    if (row.parent === undefined) continue;
    if (row.parent === "") {
      paths.set(id, "");
      continue;
    }
    const above = paths.get(row.parent); // a parent's row comes before those of its children
    const graph = above === undefined ? undefined : shapes.get(above);
    const name = row.name ?? "";
    const node = graph?.nodes.find((one) => one.name === name || one.name === name.replace(/ #\d+$/, ""));
    if (above !== undefined && graph !== undefined && node === undefined && row.kind === "subgraph") {
      paths.set(id, above); // a further call of the subgraph by the same task
      continue;
    }
    if (above === undefined || node === undefined) continue;
    const path = above === "" ? node.name : `${above}/${node.name}`;
    paths.set(id, path);
    if (node.graph) shapes.set(path, node.graph);
  }
  for (const [id, path] of paths) if (path === "") paths.delete(id);
  return paths;
}

/** The supersteps of each call of a graph, by number. */
function supersteps(
  tasks: Tables["task"],
  tree: Tables["tree"],
  paths: ReadonlyMap<string, string>,
  found: Passage,
): Map<string, Map<number, Superstep>> {
  const calls = new Map<string, Map<number, Superstep>>();
  // A task that goes on after an answer is a further row, "<id>~2": the same visit.
  const latest = new Map([...tasks].map(([id, task]) => [id.replace(/~\d+$/, ""), task]));
  for (const task of latest.values()) {
    const path = paths.get(task.row ?? "");
    if (path === undefined) continue;
    const visit = found.nodes.get(path);
    if (visit !== undefined) visit.visits++;
    const call = JSON.stringify([task.parent ?? "", tree.get(task.row ?? "")?.parent]);
    const steps = calls.get(call) ?? new Map<number, Superstep>();
    calls.set(call, steps);
    const cut = path.lastIndexOf("/");
    const step = steps.get(task.step ?? 0) ?? { graph: cut < 0 ? "" : path.slice(0, cut), names: new Map() };
    steps.set(task.step ?? 0, step);
    const name = path.slice(cut + 1);
    step.names.set(name, [...(step.names.get(name) ?? []), task]);
  }
  return calls;
}

/**
 * An edge is taken when its target runs in the superstep after its source. What a join waited for may have run earlier:
 * its trigger names them.
 */
function walkCall(
  steps: ReadonlyMap<number, Superstep>,
  shapes: ReadonlyMap<string, Shape>,
  taken: Map<string, number>,
): void {
  const numbers = [...steps.keys()].sort((a, b) => a - b);
  numbers.forEach((number, at) => {
    const { graph, names } = steps.get(number) as Superstep;
    const before = at === 0 ? undefined : steps.get(numbers[at - 1] as number);
    const left = new Set<string>();
    for (const [source, target] of shapes.get(graph)?.edges ?? []) {
      const count = (by: number): void => {
        const key = edge(graph, source, target);
        taken.set(key, (taken.get(key) ?? 0) + by);
      };
      const tasks = names.get(target);
      if (tasks !== undefined) {
        const ran = before === undefined ? source === START : before.names.has(source) || joined(tasks, source);
        if (ran) count(tasks.length);
      }
      if (names.has(source) && steps.get(numbers[at + 1] ?? NaN)?.names.has(target)) left.add(source);
    }
    for (const [source, target] of shapes.get(graph)?.edges ?? []) {
      const tasks = target === END && !left.has(source) ? (names.get(source) ?? []) : [];
      const ended = tasks.filter((task) => task.status === "done" && task.released !== undefined).length;
      const key = edge(graph, source, target);
      if (ended > 0) taken.set(key, (taken.get(key) ?? 0) + ended);
    }
  });
}

function joined(tasks: readonly TaskRow[], source: string): boolean {
  return tasks.some((task) => (task.triggers ?? []).some((trigger) => joinedBy(trigger).includes(source)));
}
