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

/** Icon and text for the status of a run; a run that was running when its kernel disappeared will not change. */
export function runStatus(run: RunRow, isConnected: boolean): { glyph: Glyph; text: string } {
  const status = run.status ?? "pending";
  if (!isConnected && (status === "running" || status === "pending")) return { glyph: "lost", text: "kernel gone" };
  if (status === "pending") return { glyph: "pending", text: "starting" };
  if (status === "waiting") return { glyph: "waiting", text: run.pause ? "at a breakpoint" : "waiting for an answer" };
  return { glyph: status, text: statusWord(status) };
}
