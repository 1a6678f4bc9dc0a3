/** A run that was saved with a notebook, back to its operations: the other side of `lgstream/views/saved.py`. */

import type { Operation } from "./rows";

export const MIME = "application/vnd.lgstream.run.v1+json";

/** Bytes of JSON that a saved run may be: a notebook from elsewhere must not fill the memory. */
const INFLATED = 32_000_000;

/** Raises an Error for what is no saved run. Operations of a form that is not known are passed over. */
export async function restore(data: unknown): Promise<Operation[]> {
  const packed = (data as { operations?: unknown } | null | undefined)?.operations;
  if (typeof packed !== "string") throw new Error("it has no operations");
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const ops: unknown = JSON.parse(await inflate(bytes));
  if (!Array.isArray(ops)) throw new Error("its operations are no list");
  return ops.filter(isOperation);
}

function isOperation(op: unknown): op is Operation {
  if (!Array.isArray(op)) return false;
  const [t, table, id, fields, text] = op as unknown[];
  if (!Number.isFinite(t) || typeof table !== "string" || typeof id !== "string") return false;
  if (op.length === 5) return typeof fields === "string" && typeof text === "string";
  return op.length === 4 && typeof fields === "object" && fields !== null && !Array.isArray(fields);
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
