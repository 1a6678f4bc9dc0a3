/**
 * The rows that a view shows, and the operations that build them. `lgstream/views/rows.py` defines the same tables and
 * documents each field. Every field may be missing here: a view can open in the middle of a run.
 */

export type Table = "run" | "tree" | "task" | "call" | "note" | "step";
export const TABLES: readonly Table[] = ["run", "tree", "task", "call", "note", "step"];

/** `[t, table, id, fields]`: create the row, or overwrite the named fields. `t`: seconds since the run started. */
export type Put = [t: number, table: Table, id: string, fields: Record<string, unknown>];
/** `[t, table, id, field, text]`: append text to a string field. */
export type Add = [t: number, table: Table, id: string, field: string, text: string];
export type Operation = Put | Add;

/** Times and figures beyond this are refused: arithmetic with them would not be exact. */
export const MAX_NUMBER = 1e15;

/** True if a value has the form of an operation; its fields may be of any kind. */
export function isOperation(value: unknown): value is Operation {
  if (!Array.isArray(value) || (value.length !== 4 && value.length !== 5)) return false;
  const [t, table, id, fields, text] = value as unknown[];
  if (typeof t !== "number" || !(Math.abs(t) <= MAX_NUMBER)) return false;
  if (typeof table !== "string" || typeof id !== "string") return false;
  if (value.length === 5) return typeof fields === "string" && typeof text === "string";
  return typeof fields === "object" && fields !== null && !Array.isArray(fields);
}

export type Status = "pending" | "running" | "waiting" | "done" | "failed" | "stopped";

export interface RunRow {
  graph?: string;
  status?: Status;
  started?: number;
  ended?: number;
  step?: number;
  calls?: number;
  tokens?: number;
  rate?: number;
  cost?: number;
  error?: string;
  note?: string;
  left_out?: string;
  saved_at?: number;
  mermaid?: string;
  asks?: boolean;
  pause?: OpenQuestion | null;
  shape?: Shape;
}

/** The nodes and edges of a graph; an edge is `[source, target, conditional, label]`. */
export interface Shape {
  name: string;
  nodes: { name: string; graph?: Shape }[];
  edges: [source: string, target: string, conditional: boolean, label: string][];
}

/**
 * An open question: the value of an interrupt, and the JSON schema of its answer. Or, with `before`, a breakpoint: the
 * nodes that run next, and as `value` the part of the state that can be edited.
 */
export interface OpenQuestion {
  id: string;
  value: unknown;
  schema?: Record<string, unknown> | null;
  before?: string[];
}

export interface TreeRow {
  parent?: string;
  name?: string;
  path?: string;
  kind?: "graph" | "node" | "subgraph";
  status?: Status;
  order?: number;
  color?: number;
  visits?: number;
  started?: number;
  ended?: number;
  busy?: number;
  tokens?: number;
}

export interface TaskRow {
  row?: string;
  node?: string;
  step?: number;
  parent?: string;
  started?: number;
  ended?: number;
  released?: number;
  status?: Status;
  triggers?: string[];
  input?: string;
  update?: string;
  diff?: string[][];
  error?: string;
  traceback?: string;
  question?: string;
  ask?: OpenQuestion[];
  answer?: string;
  cached?: boolean;
  tries?: number;
  /** The attempts that failed: when, when the next one starts, and the error. */
  retries?: [failed: number, again: number, error: string][];
}

export interface ToolCall {
  id?: string;
  name?: string;
  args?: string;
}

export interface CallRow {
  row?: string;
  task?: string;
  path?: string;
  role?: string;
  model?: string;
  name?: string;
  tags?: string[];
  started?: number;
  first?: number;
  ended?: number;
  text?: string;
  reasoning?: string;
  tool_calls?: ToolCall[];
  parts?: string[];
  tokens?: number;
  usage?: Record<string, number>;
  cost?: number;
  error?: string;
  folded?: number;
  status?: string;
  answers?: string;
  args?: string;
}

export interface NoteRow {
  row?: string;
  task?: string;
  path?: string;
  text?: string;
  at?: number;
  call?: string;
  writes?: number;
}

export interface StepRow {
  row?: string;
  step?: number;
  started?: number;
  ended?: number;
  values?: Record<string, string>;
  messages?: string;
}

export interface Tables {
  run: Map<string, RunRow>;
  tree: Map<string, TreeRow>;
  task: Map<string, TaskRow>;
  call: Map<string, CallRow>;
  note: Map<string, NoteRow>;
  step: Map<string, StepRow>;
}

/** The id of the only row of table `run`. */
export const RUN_ID = "run";
/** The id of the root of table `tree`. */
export const ROOT_ID = "/";

/** The ends of a graph, as edges name them. */
export const START = "__start__";
export const END = "__end__";
