/** Reads runs that were saved with a notebook, the counterpart of `lgstream/views/saved/run_data.py`. A bundle of its own. */

import type { Operation } from "./rows";
import { validateOperations } from "./validation";

/** Bytes of JSON that a saved run may have: a notebook from elsewhere must not exhaust the memory. */
const MAX_JSON_BYTES = 32_000_000;

/** Bytes that are decompressed at once: they become at most about a thousand times as many. */
const BYTES_PER_WRITE = 1024;

/** The operations of a saved run. Throws an Error that says what is wrong if `data` is not a saved run. */
export async function readSavedRun(data: unknown): Promise<Operation[]> {
  const compressed = (data as { operations?: unknown } | null | undefined)?.operations;
  if (typeof compressed !== "string") throw new Error("it has no operations");
  const bytes = Uint8Array.from(atob(compressed), (char) => char.charCodeAt(0));
  return validateOperations(JSON.parse(await decompress(bytes)));
}

async function decompress(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  const write = async (): Promise<void> => {
    for (let start = 0; start < bytes.length; start += BYTES_PER_WRITE) {
      await writer.ready; // until what was written before has been read
      await writer.write(bytes.subarray(start, start + BYTES_PER_WRITE));
    }
    await writer.close();
  };
  write().catch(() => undefined); // reading fails with the same error
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
