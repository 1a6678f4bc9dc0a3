/** The run on the drawing of its graph: how often each node ran, its status, and how often each edge was taken. */

import { END, START, type Shape, type Status, type Tables, type TaskRow } from "../protocol/rows";
import { joinedNodes } from "./triggers";

export interface NodeProgress {
  /** The tree rows of this node: one, or one for each parallel task. */
  rows: string[];
  status: Status;
  visits: number;
  color: number | undefined;
}

export interface GraphProgress {
  /** By path: the names of nodes from the top, joined by "/". */
  nodes: Map<string, NodeProgress>;
  /** How often each edge was taken, by `edgeKey`. */
  edges: Map<string, number>;
}

/** The key of an edge; `graph` is the path of the graph that it belongs to, "" for the root graph. */
export function edgeKey(graph: string, source: string, target: string): string {
  return JSON.stringify([graph, source, target]);
}

/** A node shows the status of its rows that comes first here. */
const STATUS_PRIORITY: readonly Status[] = ["failed", "waiting", "running", "stopped", "done", "pending"];

/** One superstep of one invocation of a graph. */
interface Superstep {
  /** The path of the graph. */
  graph: string;
  tasksByNode: Map<string, TaskRow[]>;
}

export function graphProgress(shape: Shape, { tree, task }: Tables): GraphProgress {
  const progress: GraphProgress = { nodes: new Map(), edges: new Map() };
  const shapes = new Map<string, Shape>();
  const paths = pathsByRow(shape, tree, shapes);
  for (const [id, path] of paths) {
    const row = tree.get(id);
    const node = progress.nodes.get(path) ?? { rows: [], status: "pending", visits: 0, color: row?.color };
    node.rows.push(id);
    const status = row?.status ?? "pending";
    if (STATUS_PRIORITY.indexOf(status) < STATUS_PRIORITY.indexOf(node.status)) node.status = status;
    progress.nodes.set(path, node);
  }
  for (const supersteps of superstepsByInvocation(task, tree, paths, progress).values()) {
    countTakenEdges(supersteps, shapes, progress.edges);
  }
  return progress;
}

/** The path in the drawing for each row of the tree. Fills `shapes` with the graphs by path. */
function pathsByRow(shape: Shape, tree: Tables["tree"], shapes: Map<string, Shape>): Map<string, string> {
  const paths = new Map<string, string>();
  shapes.set("", shape);
  for (const [id, row] of tree) {
    if (row.parent === undefined) continue;
    if (row.parent === "") {
      paths.set(id, "");
      continue;
    }
    const parentPath = paths.get(row.parent); // a parent's row comes before those of its children
    const graph = parentPath === undefined ? undefined : shapes.get(parentPath);
    const name = row.name ?? "";
    const node = graph?.nodes.find((node) => node.name === name || node.name === name.replace(/ #\d+$/, ""));
    if (parentPath !== undefined && graph !== undefined && node === undefined && row.kind === "subgraph") {
      paths.set(id, parentPath); // the same task invokes the subgraph again
      continue;
    }
    if (parentPath === undefined || node === undefined) continue;
    const path = parentPath === "" ? node.name : `${parentPath}/${node.name}`;
    paths.set(id, path);
    if (node.graph) shapes.set(path, node.graph);
  }
  for (const [id, path] of paths) if (path === "") paths.delete(id);
  return paths;
}

/** The supersteps, by number, of each invocation of a graph. Counts the visits of nodes in `progress`. */
function superstepsByInvocation(
  tasks: Tables["task"],
  tree: Tables["tree"],
  paths: ReadonlyMap<string, string>,
  progress: GraphProgress,
): Map<string, Map<number, Superstep>> {
  const invocations = new Map<string, Map<number, Superstep>>();
  // A task that continues after an answer has a further row, "<id>~2": still the same visit.
  const latest = new Map([...tasks].map(([id, task]) => [id.replace(/~\d+$/, ""), task]));
  for (const task of latest.values()) {
    const path = paths.get(task.row ?? "");
    if (path === undefined) continue;
    const node = progress.nodes.get(path);
    if (node !== undefined) node.visits++;
    const invocation = JSON.stringify([task.parent ?? "", tree.get(task.row ?? "")?.parent]);
    const supersteps = invocations.get(invocation) ?? new Map<number, Superstep>();
    invocations.set(invocation, supersteps);
    const slash = path.lastIndexOf("/");
    const step = task.step ?? 0;
    const superstep = supersteps.get(step) ?? { graph: path.slice(0, Math.max(slash, 0)), tasksByNode: new Map() };
    supersteps.set(step, superstep);
    const name = path.slice(slash + 1);
    const tasksOfNode = superstep.tasksByNode.get(name) ?? [];
    superstep.tasksByNode.set(name, tasksOfNode);
    tasksOfNode.push(task);
  }
  return invocations;
}

/**
 * Count the edges that one invocation has taken. An edge is taken when its target runs in the superstep after its source.
 * The sources of a join may have run in earlier supersteps: its trigger names them.
 */
function countTakenEdges(
  supersteps: ReadonlyMap<number, Superstep>,
  shapes: ReadonlyMap<string, Shape>,
  counts: Map<string, number>,
): void {
  const steps = [...supersteps.keys()].sort((a, b) => a - b);
  steps.forEach((step, index) => {
    const { graph, tasksByNode } = supersteps.get(step) as Superstep;
    const previous = index === 0 ? undefined : supersteps.get(steps[index - 1] as number);
    const next = supersteps.get(steps[index + 1] ?? NaN);
    const edges = shapes.get(graph)?.edges ?? [];
    const addCount = (source: string, target: string, count: number): void => {
      if (count === 0) return;
      const key = edgeKey(graph, source, target);
      counts.set(key, (counts.get(key) ?? 0) + count);
    };
    const continued = new Set<string>(); // nodes with an edge to a node of the next superstep
    for (const [source, target] of edges) {
      const tasks = tasksByNode.get(target) ?? [];
      const isTaken =
        previous === undefined ? source === START : previous.tasksByNode.has(source) || areJoined(tasks, source);
      if (isTaken) addCount(source, target, tasks.length);
      if (tasksByNode.has(source) && next?.tasksByNode.has(target)) continued.add(source);
    }
    for (const [source, target] of edges) {
      const tasks = target === END && !continued.has(source) ? (tasksByNode.get(source) ?? []) : [];
      const finished = tasks.filter((task) => task.status === "done" && task.released !== undefined);
      addCount(source, target, finished.length);
    }
  });
}

/** True if one of the tasks was started by a join that waited for the node `source`. */
function areJoined(tasks: readonly TaskRow[], source: string): boolean {
  return tasks.some((task) => (task.triggers ?? []).some((trigger) => joinedNodes(trigger).includes(source)));
}
