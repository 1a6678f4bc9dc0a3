/** The words for a status. They are shown beside its icon, so that colour is never the only sign. */

import type { Glyph } from "./dom";
import type { RunRow, Status } from "../protocol/rows";

const STATUS_WORDS: Record<Status, string> = {
  pending: "not reached",
  running: "running",
  waiting: "waiting",
  done: "done",
  failed: "failed",
  stopped: "stopped",
};

export function statusWord(status: Status | undefined): string {
  return STATUS_WORDS[status ?? "pending"];
}

/** Icon and text for the status of a run; one that was running when it was saved or lost its kernel will not change. */
export function runStatus(run: RunRow, isConnected: boolean): { glyph: Glyph; text: string } {
  const status = run.status ?? "pending";
  if (status === "running" || status === "pending") {
    if (run.saved_at !== undefined) return { glyph: "lost", text: "unfinished" };
    if (!isConnected) return { glyph: "lost", text: "kernel gone" };
  }
  if (status === "pending") return { glyph: "pending", text: "starting" };
  if (status === "waiting") return { glyph: "waiting", text: run.pause ? "at a breakpoint" : "waiting for an answer" };
  return { glyph: status, text: statusWord(status) };
}
