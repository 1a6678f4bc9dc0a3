/** A card of the tokens panel: one call of a model or a tool, or one message that a node returned. */

import { icon, make, setAttribute, setColor, setFacts, setText } from "../../dom/dom";
import { formatNumber, formatDollars, formatDuration, formatCount, toolArguments } from "../../dom/format";
import { AFTER_LINE, AFTER_WORD, GrowingText, MarkLimiter } from "../../dom/growingText";
import { MarkdownStream } from "../../dom/markdown";
import type { CallRow, NoteRow, ToolCall, TreeRow } from "../../protocol/rows";

/** What a card shows besides its row. */
export interface CallCardContext {
  tree: TreeRow | undefined;
  isRunning: boolean;
  /** True while the reader drags through time: only the end of long texts is shown. */
  isAbridged?: boolean;
  /** The custom writes of a tool while it runs. */
  progress?: readonly NoteRow[];
}

/** Approximate number of characters of an abridged text. */
const ABRIDGED_CHARS = 4000;
/** How many lines of a tool's progress the page holds: the last ones. */
const MAX_PROGRESS_LINES = 100;

/** Finds the new part of a text that grows at its end. */
class TextDelta {
  #painted = "";

  /** The part of `text` after what was painted; undefined if `text` does not continue it. */
  advance(text: string): string | undefined {
    if (!text.startsWith(this.#painted)) return undefined;
    const addition = text.slice(this.#painted.length);
    this.#painted = text;
    return addition;
  }

  reset(): void {
    this.#painted = "";
  }
}

/** Text that is shown as it is, and mostly grows at its end. */
class PlainText {
  readonly #delta = new TextDelta();
  #growing: GrowingText;
  #marks = new MarkLimiter();

  constructor(
    readonly element: HTMLElement,
    private readonly partEnd: RegExp,
  ) {
    this.#growing = new GrowingText(element, partEnd);
  }

  paint(text: string): void {
    let addition = this.#delta.advance(text);
    if (addition === undefined) {
      this.element.replaceChildren();
      this.#growing = new GrowingText(this.element, this.partEnd);
      this.#marks = new MarkLimiter();
      this.#delta.reset();
      addition = this.#delta.advance(text) ?? "";
    }
    if (addition !== "") this.#growing.append(this.#marks.limit(addition));
  }
}

export class CallCard {
  readonly element = make("article", "lgs-card");
  readonly #path = make("button", "lgs-path");
  readonly #facts = make("span", "lgs-dim lgs-number");
  readonly #tags = make("span", "lgs-tags");
  readonly #signature = make("code", "lgs-call");
  readonly #body = make("div", "lgs-body");
  readonly #text = make("div", "lgs-text");
  readonly #textDelta = new TextDelta();
  /** The result of a tool. */
  readonly #result = new PlainText(this.#text, AFTER_LINE);
  #markdown: MarkdownStream | undefined;
  /** True once the Markdown was closed. */
  #hasEnded = false;
  #reasoning: { element: HTMLDetailsElement; text: PlainText; summary: HTMLElement } | undefined;
  #toolCalls: HTMLElement[] = [];
  #progress: HTMLElement | undefined;
  #error: HTMLElement | undefined;

  /** `onInspect`: called when the reader presses the path. */
  constructor(onInspect: () => void) {
    this.#path.type = "button";
    this.#path.title = "Inspect the task";
    this.#path.addEventListener("click", onInspect);
    this.#signature.hidden = true;
    const head = make("header", "lgs-card-head", this.#path, this.#tags, this.#signature, this.#facts);
    this.#body.append(this.#text);
    this.element.append(head, this.#body);
  }

  paint(row: CallRow, { tree, isRunning, isAbridged = false, progress = [] }: CallCardContext): void {
    const call = isAbridged ? { ...row, text: abridge(row.text), reasoning: abridge(row.reasoning) } : row;
    const isOpen = isRunning && call.ended === undefined;
    setColor(this.element, tree?.color);
    setAttribute(this.element, "aria-busy", String(isOpen));
    this.element.classList.toggle("lgs-result", call.role === "tool");
    this.#paintPath(call);
    setFacts(this.#facts, callFacts(call, isOpen));
    setAttribute(this.#facts, "title", usageText(call));
    this.#paintTags(call);
    this.#paintReasoning(call, isOpen);
    if (call.role === "tool") {
      this.#paintSignature(call);
      this.#paintProgress(progress);
      this.#paintResult(call);
    } else this.#paintText(call, isOpen);
    this.#paintToolCalls(call.tool_calls ?? []);
    this.#paintError(call.error);
  }

  #paintPath(call: CallRow): void {
    const path = call.path ?? "";
    if (this.#path.dataset["path"] === path) return;
    this.#path.dataset["path"] = path;
    const parts = path.split(" › ");
    const last = parts.pop() ?? "";
    this.#path.replaceChildren();
    if (parts.length > 0) this.#path.append(make("span", "lgs-dim", `${parts.join(" › ")} › `));
    this.#path.append(make("strong", "", last));
  }

  #paintTags(call: CallRow): void {
    const tags = [...(call.tags ?? []), ...(call.parts ?? [])];
    const key = tags.join("\n");
    if (this.#tags.dataset["tags"] === key) return;
    this.#tags.dataset["tags"] = key;
    this.#tags.replaceChildren(...tags.map((tag) => make("span", "lgs-tag", tag)));
  }

  #paintText(call: CallRow, isOpen: boolean): void {
    const text = call.text ?? "";
    let addition = this.#textDelta.advance(text);
    if (addition === undefined || (this.#hasEnded && addition !== "")) {
      this.#textDelta.reset();
      this.#text.replaceChildren();
      this.#markdown = undefined;
      this.#hasEnded = false;
      addition = this.#textDelta.advance(text) ?? "";
    }
    this.#markdown ??= new MarkdownStream(this.#text);
    if (addition !== "") this.#markdown.write(addition);
    this.#text.classList.toggle("lgs-open", isOpen);
    if (isOpen) this.#markdown.markTip();
    else if (!this.#hasEnded) {
      this.#markdown.end();
      this.#hasEnded = true;
    }
    // Without text there is only the caret; a tool call takes its place.
    this.#text.hidden = text === "" && (!isOpen || (call.tool_calls?.length ?? 0) > 0);
  }

  /** The call of a tool with its arguments, if they are known. */
  #paintSignature(call: CallRow): void {
    this.#signature.hidden = call.args === undefined;
    if (call.args === undefined) return;
    const signature = `${call.name || "tool"}${toolArguments(call.args)}`;
    setText(this.#signature, signature);
    setAttribute(this.#signature, "title", signature);
  }

  /** What the tool has written so far: the last lines are visible, scrolling shows earlier ones. */
  #paintProgress(notes: readonly NoteRow[]): void {
    if (notes.length === 0) {
      this.#progress?.remove();
      this.#progress = undefined;
      return;
    }
    this.#progress ??= make("div", "lgs-progress");
    if (this.#progress.parentElement === null) this.#body.prepend(this.#progress);
    const shown = notes.slice(-MAX_PROGRESS_LINES).map(({ text = "" }) => text);
    if (notes.length > shown.length) shown[0] = `… ${formatNumber(notes.length - shown.length + 1)} before`;
    while (this.#progress.childElementCount > shown.length) this.#progress.lastChild?.remove();
    shown.forEach((text, index) => {
      const line = this.#progress?.children[index] ?? this.#progress?.appendChild(make("div"));
      if (line) setText(line, text);
    });
    this.#progress.scrollTop = this.#progress.scrollHeight;
  }

  /** The result of a tool is data, not prose: shown as it is, in a monospace font. */
  #paintResult(call: CallRow): void {
    this.#text.classList.add("lgs-mono");
    this.#text.hidden = !call.text;
    this.#result.paint(call.text ?? "");
  }

  #paintReasoning(call: CallRow, isOpen: boolean): void {
    const text = call.reasoning ?? "";
    if (text === "") {
      this.#reasoning?.element.remove();
      this.#reasoning = undefined;
      return;
    }
    if (this.#reasoning === undefined) {
      const summary = make("summary");
      const element = make("details", "lgs-reasoning", summary);
      const container = element.appendChild(make("div", "lgs-reasoning-text"));
      this.#reasoning = { element, summary, text: new PlainText(container, AFTER_WORD) };
      this.#body.prepend(element);
    }
    this.#reasoning.text.paint(text);
    const isReasoning = isOpen && (call.text ?? "") === "";
    setText(
      this.#reasoning.summary,
      isReasoning ? "reasoning …" : `reasoning, ${formatCount(text.length, "character")}`,
    );
  }

  #paintToolCalls(calls: readonly ToolCall[]): void {
    while (this.#toolCalls.length > calls.length) this.#toolCalls.pop()?.remove();
    calls.forEach((call, index) => {
      const line = (this.#toolCalls[index] ??= this.#body.appendChild(
        make("div", "lgs-tool", make("b"), make("span")),
      ));
      setText(line.firstElementChild as HTMLElement, call.name ?? "");
      setText(line.lastElementChild as HTMLElement, toolArguments(call.args ?? ""));
    });
  }

  #paintError(error: string | undefined): void {
    if (error === undefined || error === "") {
      this.#error?.remove();
      this.#error = undefined;
      return;
    }
    if (this.#error === undefined) {
      this.#error = make("div", "lgs-error", icon("failed"), make("span"));
      this.#body.append(this.#error);
    }
    setText(this.#error.lastElementChild as HTMLElement, error);
  }
}

/** The end of a long text, from the start of a paragraph or line. */
function abridge(text: string | undefined): string {
  if (text === undefined || text.length <= 2 * ABRIDGED_CHARS) return text ?? "";
  const tail = text.slice(-ABRIDGED_CHARS);
  const start = Math.max(tail.indexOf("\n\n"), 0) || Math.max(tail.indexOf("\n"), 0);
  return `… ${formatNumber(text.length - tail.length + start)} characters before\n\n${tail.slice(start).trimStart()}`;
}

function callFacts(call: CallRow, isOpen: boolean): string[] {
  const facts: string[] = [];
  if (call.role === "tool") facts.push(toolStatus(call, isOpen));
  else if (call.role !== undefined && call.role !== "model" && call.role !== "assistant") facts.push(call.role);
  if (call.model) facts.push(call.model);
  if (call.first !== undefined && call.started !== undefined) {
    facts.push(`first token ${waitingTime(call.first - call.started)}`);
  }
  const inputTokens = call.usage?.["input"];
  if (inputTokens) facts.push(`${formatNumber(inputTokens)} in, ${formatNumber(call.tokens ?? 0)} out`);
  else if (call.tokens) facts.push(`${formatNumber(call.tokens)} tok`);
  if (call.tokens && call.first !== undefined && call.ended !== undefined && call.ended > call.first) {
    facts.push(`${formatNumber(Math.round(call.tokens / (call.ended - call.first)))} tok/s`);
  }
  if (call.cost) facts.push(formatDollars(call.cost));
  if (call.folded) facts.push(`${formatCount(call.folded, "repeat")} left out`);
  return facts;
}

function toolStatus(call: CallRow, isOpen: boolean): string {
  if (call.args === undefined) return `${call.name || "tool"} ${call.status === "error" ? "failed" : "answered"}`;
  if (isOpen) return "running";
  const outcome = call.status === "error" ? "failed, " : call.status === "waiting" ? "asks, " : "";
  return `${outcome}${formatDuration((call.ended ?? 0) - (call.started ?? 0))}`;
}

/** The token counts that the model reported, in words. */
function usageText({ usage, tokens }: CallRow): string {
  if (usage?.["input"] === undefined) return "";
  const cached = usage["cached"] ? ` (${formatNumber(usage["cached"])} from the cache)` : "";
  const reasoning = usage["reasoning"] ? ` (${formatNumber(usage["reasoning"])} for reasoning)` : "";
  return `${formatCount(usage["input"], "token")} in${cached}, ${formatNumber(usage["output"] ?? tokens ?? 0)} out${reasoning}`;
}

/** A waiting time, in hundredths of a second from 0.1 to 10 s. */
function waitingTime(value: number): string {
  return value < 0.095 || value >= 10 ? formatDuration(value) : `${value.toFixed(2)} s`;
}
