/** Reads runs that were saved with a notebook: the counterpart of `lgstream/views/saved/run_data.py`. */

import type { Operation, Put } from "./rows";

export const MIME = "application/vnd.lgstream.run.v1+json";

/** Bytes of JSON that a saved run may have: a notebook from elsewhere must not exhaust the memory. */
const MAX_JSON_BYTES = 32_000_000;

const NUMBER_FIELDS =
  "started ended released first at step calls tokens rate cost order color visits busy folded tries";
const LIST_FIELDS = "triggers diff ask tags tool_calls parts retries";
const OBJECT_FIELDS = "shape usage values";
const BOOLEAN_FIELDS = "asks cached";
/** The type that each field must have; all others are strings. */
export const FIELD_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    number: NUMBER_FIELDS,
    list: LIST_FIELDS,
    object: OBJECT_FIELDS,
    boolean: BOOLEAN_FIELDS,
  }).flatMap(([type, names]) => names.split(" ").map((name): [string, string] => [name, type])),
);

/** The type that the elements of a list must have; those of all others are strings. */
const ELEMENT_TYPES = new Map([
  ["tool_calls", "object"],
  ["ask", "object"],
  ["diff", "list"],
  ["retries", "list"],
]);

/**
 * The operations of a saved run. Operations and fields that do not have the documented types are dropped.
 *
 * Throws an Error if `data` is not a saved run.
 */
export async function readSavedRun(data: unknown): Promise<Operation[]> {
  const compressed = (data as { operations?: unknown } | null | undefined)?.operations;
  if (typeof compressed !== "string") throw new Error("it has no operations");
  const bytes = Uint8Array.from(atob(compressed), (char) => char.charCodeAt(0));
  const ops: unknown = JSON.parse(await decompress(bytes));
  if (!Array.isArray(ops)) throw new Error("its operations are not a list");
  const rows = new Set<string>();
  return ops.filter(isOperation).map((op) => (op.length === 5 ? op : dropInvalidFields(op, rows)));
}

function isOperation(op: unknown): op is Operation {
  if (!Array.isArray(op)) return false;
  const [t, table, id, fields, text] = op as unknown[];
  if (!Number.isFinite(t) || typeof table !== "string" || typeof id !== "string") return false;
  if (op.length === 5) return typeof fields === "string" && !FIELD_TYPES.has(fields) && typeof text === "string";
  return op.length === 4 && typeName(fields) === "object";
}

/** The put with its valid fields. The parent of a row must be an earlier row and cannot change: no cycles. */
function dropInvalidFields([t, table, id, fields]: Put, rows: Set<string>): Put {
  const valid = Object.entries(fields).filter(([name, value]) => {
    if (name === "parent" && value !== "" && (rows.has(`${table} ${id}`) || !rows.has(`${table} ${value}`)))
      return false;
    const elements = Array.isArray(value) ? value : [];
    const hasType = typeName(value) === (FIELD_TYPES.get(name) ?? "string");
    return hasType && elements.every((element) => typeName(element) === (ELEMENT_TYPES.get(name) ?? "string"));
  });
  rows.add(`${table} ${id}`);
  return [t, table, id, Object.fromEntries(valid)];
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return value === null ? "null" : typeof value;
}

async function decompress(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  const writing = writer.write(bytes).then(() => writer.close());
  writing.catch(() => undefined); // reading fails with the same error
  const reader = readable.getReader();
  const decoder = new TextDecoder();
  const texts: string[] = [];
  let size = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    size += chunk.value.length;
    if (size > MAX_JSON_BYTES) {
      await reader.cancel();
      throw new Error(`its operations are more than ${MAX_JSON_BYTES.toLocaleString("en")} bytes`);
    }
    texts.push(decoder.decode(chunk.value, { stream: true }));
  }
  return texts.join("") + decoder.decode();
}
