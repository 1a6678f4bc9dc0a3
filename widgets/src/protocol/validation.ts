/**
 * Checks the operations of a run from a file, which may come from anywhere: afterwards every walk over its rows ends.
 *
 * `lgstream/views/saved/validation.py` makes the same checks and gives the same reasons; `tests/fixtures/saved_runs.json`
 * holds runs that both must accept or refuse. Tables and fields of a newer version are skipped.
 */

import { MAX_NUMBER, type Operation, ROOT_ID, RUN_ID, TABLES, type Table, isOperation } from "./rows";

/** Rows of all tables of a saved run together. */
const MAX_ROWS = 20_000;
const MAX_OPERATIONS = 300_000;
/** Levels of the namespace tree, and of tasks that run subgraphs. */
const MAX_DEPTH = 256;
/** Retries or tool calls of one row. */
const MAX_LIST_LENGTH = 1000;
/** Levels of lists and objects in a field. */
const MAX_NESTING = 256;
const MAX_SHAPE_NODES = 300;
const MAX_SHAPE_EDGES = 2000;
/** Characters of a name from the run in an error message. */
const MAX_NAME_CHARS = 60;

/** The names of the fields of each table, by the kind of their values. */
const FIELDS: Record<Table, Record<string, string>> = {
  run: {
    text: "graph error note left_out mermaid",
    status: "status",
    number: "started ended rate saved_at",
    amount: "cost",
    integer: "step calls tokens",
    boolean: "asks",
    "drawable shape": "shape",
    breakpoint: "pause",
  },
  tree: {
    text: "parent name path",
    kind: "kind",
    status: "status",
    number: "started ended busy",
    integer: "order visits tokens",
    "natural number": "color",
  },
  task: {
    text: "row node parent input update error traceback question answer",
    status: "status",
    number: "started ended released",
    integer: "step tries",
    boolean: "cached",
    "list of texts": "triggers",
    "list of changes": "diff",
    "list of questions": "ask",
    "list of up to 1,000 retries": "retries",
  },
  call: {
    text: "row task path role model name text reasoning error status answers args",
    number: "started first ended",
    amount: "cost",
    integer: "tokens folded",
    "list of texts": "tags parts",
    "list of up to 1,000 tool calls": "tool_calls",
    "object of integers": "usage",
  },
  note: { text: "row task path text call", number: "at", integer: "writes" },
  step: { text: "row messages", number: "started ended", integer: "step", "object of texts": "values" },
};

/** What the first put of a row has. */
const REQUIRED_FIELDS: Record<Table, string[]> = {
  run: [],
  tree: ["parent", "name", "path", "kind", "status", "order"],
  task: ["row", "node", "parent", "step", "started", "status"],
  call: ["row", "task", "path", "role", "started"],
  note: ["row", "task", "path", "text", "at"],
  step: ["row", "step", "started"],
};

const STATUSES: unknown[] = ["pending", "running", "waiting", "done", "failed", "stopped"];
const TREE_KINDS: unknown[] = ["graph", "node", "subgraph"];

type Check = (value: unknown) => boolean;
type Fields = Record<string, unknown>;

/** The kind of each field of a table. */
export const FIELD_KINDS: Record<Table, ReadonlyMap<string, string>> = {
  run: kindsByName("run"),
  tree: kindsByName("tree"),
  task: kindsByName("task"),
  call: kindsByName("call"),
  note: kindsByName("note"),
  step: kindsByName("step"),
};

function kindsByName(table: Table): Map<string, string> {
  const entries = Object.entries(FIELDS[table]);
  return new Map(entries.flatMap(([kind, names]) => names.split(" ").map((name): [string, string] => [name, kind])));
}

const isText: Check = (value) => typeof value === "string";
const isBoolean: Check = (value) => typeof value === "boolean";
/** False for NaN and infinity. */
const isNumber = (value: unknown): value is number => typeof value === "number" && Math.abs(value) <= MAX_NUMBER;
const isInteger: Check = (value) => isNumber(value) && Number.isInteger(value);

function isListOf(check: Check, maxLength = Infinity): Check {
  return (value) => Array.isArray(value) && value.length <= maxLength && value.every(check);
}

function isObjectOf(check: Check): Check {
  return (value) => isObject(value) && Object.values(value).every(check);
}

function isTupleOf(...checks: Check[]): Check {
  return (value) =>
    Array.isArray(value) &&
    value.length === checks.length &&
    checks.every((check, index) => check((value as unknown[])[index]));
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isTexts = isListOf(isText);
const isEdges = isListOf(isTupleOf(isText, isText, isBoolean, isText));

function isToolCall(value: unknown): boolean {
  return isObject(value) && [value["id"], value["name"], value["args"]].every(isText);
}

function isQuestion(value: unknown): value is Fields {
  if (!isObject(value) || !isText(value["id"])) return false;
  const { schema, before } = value;
  const isValid = (schema == null || isObject(schema)) && (before == null || isTexts(before));
  return isValid && nesting(value) <= MAX_NESTING;
}

/** The levels of lists and objects in a value, or one more than the limit if there are more. */
function nesting(value: unknown): number {
  let level = 0;
  for (let values = [value]; values.length > 0 && level <= MAX_NESTING; level++) {
    values = values.flatMap((outer) => (typeof outer === "object" && outer !== null ? Object.values(outer) : []));
  }
  return level;
}

function isShape(value: unknown): boolean {
  let [nodeCount, edgeCount, levels] = [0, 0, 0];
  for (let shapes = [value]; shapes.length > 0;) {
    const inner: unknown[] = [];
    for (const shape of shapes) {
      if (!isObject(shape) || !isText(shape["name"])) return false;
      const { nodes, edges } = shape;
      if (!Array.isArray(nodes) || !isEdges(edges)) return false;
      nodeCount += nodes.length;
      edgeCount += (edges as unknown[]).length;
      for (const node of nodes as unknown[]) {
        if (!isObject(node) || !isText(node["name"])) return false;
        if (Object.hasOwn(node, "graph")) inner.push(node["graph"]);
      }
    }
    if (nodeCount > MAX_SHAPE_NODES || edgeCount > MAX_SHAPE_EDGES || ++levels > MAX_DEPTH) return false;
    shapes = inner;
  }
  return true;
}

const CHECKS: Record<string, Check> = {
  text: isText,
  status: (value) => STATUSES.includes(value),
  kind: (value) => TREE_KINDS.includes(value),
  number: isNumber,
  amount: (value) => isNumber(value) && value >= 0,
  integer: isInteger,
  "natural number": (value) => isInteger(value) && (value as number) >= 0,
  boolean: isBoolean,
  "list of texts": isTexts,
  "object of texts": isObjectOf(isText),
  "object of integers": isObjectOf(isInteger),
  "list of changes": isListOf(isTupleOf(isText, isText, isText)),
  "list of up to 1,000 retries": isListOf(isTupleOf(isNumber, isNumber, isText), MAX_LIST_LENGTH),
  "list of up to 1,000 tool calls": isListOf(isToolCall, MAX_LIST_LENGTH),
  "list of questions": isListOf(isQuestion),
  breakpoint: (value) => value === null || (isQuestion(value) && isTexts(value["before"])),
  "drawable shape": isShape,
};

/** What of a row refers to other rows. */
interface References {
  parent?: string;
  row?: string;
}

type Rows = Record<Table, Map<string, References>>;

/**
 * The operations of a whole run, without tables and fields of a newer version.
 *
 * Throws an Error with the first thing that is wrong if they are not those of a run.
 */
export function validateOperations(items: unknown): Operation[] {
  if (!Array.isArray(items)) throw new Error("its operations are not a list");
  if (items.length > MAX_OPERATIONS) {
    throw new Error(`it has more than ${MAX_OPERATIONS.toLocaleString("en")} operations`);
  }
  const rows = Object.fromEntries(TABLES.map((table) => [table, new Map()])) as Rows;
  const operations: Operation[] = [];
  let rowCount = 0;
  items.forEach((item: unknown, number) => {
    if (!isOperation(item)) throw new Error(`operation ${number} is neither a put nor an add`);
    if (!TABLES.includes(item[1])) return;
    const operation = knownPart(item, rows, `operation ${number}: `);
    if (operation === undefined) return;
    operations.push(operation);
    if (operation.length === 5) return;
    const [, table, id, fields] = operation;
    if (!rows[table].has(id)) {
      if (++rowCount > MAX_ROWS) throw new Error(`it has more than ${MAX_ROWS.toLocaleString("en")} rows`);
      rows[table].set(id, {});
    }
    const references = rows[table].get(id) as References;
    for (const name of ["parent", "row"] as const) if (name in fields) references[name] = fields[name] as string;
  });
  checkReferences(rows);
  checkDepth("tree", rows.tree);
  checkDepth("task", rows.task);
  return operations;
}

/** An operation without the fields that are not known; undefined for an add to one of them. */
function knownPart(item: Operation, rows: Rows, where: string): Operation | undefined {
  const [t, table, id] = item;
  const kinds = FIELD_KINDS[table];
  if (id === "") throw new Error(`${where}the id of a ${table} row is empty`);
  if (table === "run" && id !== RUN_ID) throw new Error(`${where}the only row of table run is "run", not ${quote(id)}`);
  const references = rows[table].get(id);
  if (item.length === 5) {
    const field = item[3];
    if (!kinds.has(field)) return undefined;
    if (references === undefined)
      throw new Error(`${where}text is added to a row that does not exist: ${table} ${quote(id)}`);
    if (kinds.get(field) !== "text" || field === "parent" || field === "row") {
      throw new Error(`${where}no text can be added to ${table}.${field}`);
    }
    return item;
  }
  const fields: Fields = {};
  for (const [name, value] of Object.entries(item[3])) {
    const kind = kinds.get(name);
    if (kind === undefined) continue;
    if (CHECKS[kind]?.(value) !== true) throw new Error(`${where}${table}.${name} is no ${kind}`);
    fields[name] = value;
  }
  if (references === undefined) {
    const missing = REQUIRED_FIELDS[table].find((name) => !(name in fields));
    if (missing !== undefined) throw new Error(`${where}a new row has no ${table}.${missing}`);
  } else if ("parent" in fields && references.parent !== fields["parent"]) {
    throw new Error(`${where}the parent of a row changes: ${table} ${quote(id)}`);
  }
  return [t, table, id, fields];
}

function checkReferences(rows: Rows): void {
  for (const [id, { parent = "" }] of rows.tree) {
    if ((id === ROOT_ID) !== (parent === "")) {
      throw new Error(`a row that is not the root has no parent, or the root has one: tree ${quote(id)}`);
    }
    if (parent !== "" && !rows.tree.has(parent)) throw new Error(`the parent of a row is unknown: tree ${quote(id)}`);
  }
  for (const table of ["task", "call", "note", "step"] as const) {
    for (const [id, { row = "" }] of rows[table]) {
      if (!rows.tree.has(row)) throw new Error(`the tree row of a row is unknown: ${table} ${quote(id)}`);
    }
  }
}

/** Check that no row is its own ancestor, and that no row has more than `MAX_DEPTH` ancestors. */
function checkDepth(table: Table, rows: ReadonlyMap<string, References>): void {
  const depths = new Map<string, number>([["", 0]]);
  for (const id of rows.keys()) {
    const path: string[] = [];
    let current = id;
    while (!depths.has(current) && rows.has(current)) {
      depths.set(current, -1); // on the path
      path.push(current);
      current = rows.get(current)?.parent ?? "";
    }
    let depth = depths.get(current) ?? 0;
    if (depth < 0) throw new Error(`a row is its own ancestor: ${table} ${quote(current)}`);
    for (const ancestor of path.reverse()) depths.set(ancestor, ++depth);
    if (depth > MAX_DEPTH) throw new Error(`a row is more than ${MAX_DEPTH} levels deep: ${table} ${quote(id)}`);
  }
}

function quote(name: string): string {
  const chars = name.length <= MAX_NAME_CHARS ? name : `${name.slice(0, MAX_NAME_CHARS)}…`;
  return JSON.stringify(chars);
}
