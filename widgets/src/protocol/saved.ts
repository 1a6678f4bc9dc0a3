/** A run that was saved with a notebook, back to its operations: the other side of `lgstream/views/saved.py`. */

import type { Operation, Put } from "./rows";

export const MIME = "application/vnd.lgstream.run.v1+json";

/** Bytes of JSON that a saved run may be: a notebook from elsewhere must not fill the memory. */
const INFLATED = 32_000_000;

const NUMBERS = "started ended released first at step calls tokens rate cost order color visits busy folded tries";
const LISTS = "triggers diff ask tags tool_calls parts retries";
const OBJECTS = "shape usage values";
const FLAGS = "asks cached";
/** What each field has to be; all others are texts. */
const KINDS = new Map(
  Object.entries({ number: NUMBERS, list: LISTS, object: OBJECTS, boolean: FLAGS }).flatMap(([kind, names]) =>
    names.split(" ").map((name): [string, string] => [name, kind]),
  ),
);

/** What the elements of a list have to be; those of all others are texts. */
const ELEMENTS = new Map([
  ["tool_calls", "object"],
  ["ask", "object"],
  ["diff", "list"],
  ["retries", "list"],
]);

/** Raises an Error for what is no saved run. What is not as it should be in it is passed over. */
export async function restore(data: unknown): Promise<Operation[]> {
  const packed = (data as { operations?: unknown } | null | undefined)?.operations;
  if (typeof packed !== "string") throw new Error("it has no operations");
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const ops: unknown = JSON.parse(await inflate(bytes));
  if (!Array.isArray(ops)) throw new Error("its operations are no list");
  const rows = new Set<string>();
  return ops.filter(isOperation).map((op) => (op.length === 5 ? op : checked(op, rows)));
}

function isOperation(op: unknown): op is Operation {
  if (!Array.isArray(op)) return false;
  const [t, table, id, fields, text] = op as unknown[];
  if (!Number.isFinite(t) || typeof table !== "string" || typeof id !== "string") return false;
  if (op.length === 5) return typeof fields === "string" && !KINDS.has(fields) && typeof text === "string";
  return op.length === 4 && kind(fields) === "object";
}

/** The put with the fields that are of their kind; a row's parent is one of the rows before it, and stays. */
function checked([t, table, id, fields]: Put, rows: Set<string>): Put {
  const known = Object.entries(fields).filter(([name, value]) => {
    if (name === "parent" && value !== "" && (rows.has(`${table} ${id}`) || !rows.has(`${table} ${value}`)))
      return false;
    const elements = Array.isArray(value) ? value : [];
    const fits = kind(value) === (KINDS.get(name) ?? "string");
    return fits && elements.every((element) => kind(element) === (ELEMENTS.get(name) ?? "string"));
  });
  rows.add(`${table} ${id}`);
  return [t, table, id, Object.fromEntries(known)];
}

function kind(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return value === null ? "null" : typeof value;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  written.catch(() => undefined); // reading fails of the same
  const reader = readable.getReader();
  const decoder = new TextDecoder();
  const text: string[] = [];
  let size = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    size += piece.value.length;
    if (size > INFLATED) {
      await reader.cancel();
      throw new Error(`its operations are more than ${INFLATED.toLocaleString("en")} bytes`);
    }
    text.push(decoder.decode(piece.value, { stream: true }));
  }
  return text.join("") + decoder.decode();
}
