/** The words for a status, shown beside its icon: never colour alone. */

import type { Glyph } from "./dom";
import type { RunRow, Status } from "../protocol/rows";

const WORDS: Record<Status, string> = {
  pending: "not reached",
  running: "running",
  waiting: "waiting",
  done: "done",
  failed: "failed",
  stopped: "stopped",
};

export function word(status: Status | undefined): string {
  return WORDS[status ?? "pending"];
}

/** The run as the header names it: a run that was still going when its kernel went away will tell no more. */
export function runStatus(run: RunRow, connected: boolean): { glyph: Glyph; text: string } {
  const status = run.status ?? "pending";
  if (!connected && (status === "running" || status === "pending")) return { glyph: "lost", text: "kernel gone" };
  if (status === "pending") return { glyph: "pending", text: "starting" };
  if (status === "waiting") return { glyph: "waiting", text: run.pause ? "at a breakpoint" : "waiting for an answer" };
  return { glyph: status, text: word(status) };
}
