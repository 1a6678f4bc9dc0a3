/** A task as the inspector shows it: in one line, or as a sheet. */

import { icon, make } from "../../dom/dom";
import { clip, formatDuration, describeJoin } from "../../dom/format";
import type { TaskRow } from "../../protocol/rows";
import { statusWord } from "../../dom/status";

/** The task in one line: its error, its question, or what it changed. */
export function taskHeadline(task: TaskRow): HTMLElement {
  if (task.error) {
    const [glyph, tone] =
      task.status === "stopped" ? (["stopped", "lgs-ended"] as const) : (["failed", "lgs-error"] as const);
    return make("span", `lgs-headline ${tone}`, icon(glyph), make("span", "", clip(task.error, 200)));
  }
  if (task.question && task.status === "waiting")
    return make("span", "lgs-headline lgs-asks", icon("waiting"), make("code", "", clip(task.question, 200)));
  const [change, ...others] = task.diff ?? [];
  if (change !== undefined) {
    const line = make("code", "lgs-headline", ...changeOfKey(change));
    if (others.length > 0) line.append(make("span", "lgs-dim", `  and ${others.length} more`));
    return line;
  }
  if (task.update) return make("code", "lgs-headline", clip(task.update, 200));
  return make("span", "lgs-headline lgs-dim", task.status === "done" ? "wrote nothing" : statusWord(task.status));
}

function changeOfKey([key = "", before = "", after = ""]: string[]): (Node | string)[] {
  const removed = before === "" ? [] : [make("del", "", clip(before, 80)), " → "];
  return [make("span", "lgs-key-name", `${key}: `), ...removed, make("ins", "", clip(after, 120))];
}

/** All that is known about a task, in foldable sections. */
export function taskSheet(task: TaskRow): HTMLElement[] {
  const parts: HTMLElement[] = [];
  const took = task.ended !== undefined && task.started !== undefined ? formatDuration(task.ended - task.started) : "";
  const facts = [statusWord(task.status), took, describeJoin(task.triggers ?? [])];
  parts.push(make("p", "lgs-dim", facts.filter(Boolean).join(" · ")));
  if (task.question) parts.push(section("question", true, make("pre", "", task.question)));
  if (task.answer) parts.push(section("answer", true, make("pre", "", task.answer)));
  if (task.error) parts.push(section("error", true, make("pre", "lgs-error", task.traceback || task.error)));
  if (task.diff?.length) parts.push(section("changes of the state", true, diffTable(task.diff)));
  if (task.retries?.length) parts.push(section("tries that failed", true, failedAttempts(task)));
  if (task.update) parts.push(section("update", !task.diff?.length, make("pre", "", task.update)));
  if (task.input) parts.push(section("input", false, make("pre", "", task.input)));
  return parts;
}

function failedAttempts({ retries = [], tries = 0 }: TaskRow): HTMLElement {
  const lines = retries.map(([failed, , error]) => `at ${formatDuration(failed)}: ${error}`);
  if (tries - 1 > lines.length) lines.push(`… and ${tries - 1 - lines.length} more`);
  return make("pre", "", lines.join("\n"));
}

function section(name: string, open: boolean, content: HTMLElement): HTMLElement {
  const element = make("details", "lgs-section", make("summary", "", name), content);
  element.open = open;
  return element;
}

/** Keys with their values before and after a task. */
export function diffTable(diff: readonly string[][]): HTMLElement {
  const table = make("div", "lgs-diff");
  for (const change of diff) {
    const [key = "", before = "", after = ""] = change;
    table.append(make("span", "lgs-key-name", key));
    table.append(before === "" ? make("span", "lgs-dim", "new") : make("del", "", before), make("ins", "", after));
  }
  return table;
}
