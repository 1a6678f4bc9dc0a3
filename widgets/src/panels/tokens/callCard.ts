/** One call of a model, or one message a node made: a card of the token panel. */

import { icon, make, setAttribute, setColor, setFacts, setText } from "../../dom/dom";
import { count, dollars, duration, plural, toolArguments } from "../../dom/format";
import { MarkdownStream } from "../../dom/markdown";
import type { CallRow, ToolCall, TreeRow } from "../../protocol/rows";

/** What a card is painted from besides its row. */
export interface CardContext {
  tree: TreeRow | undefined;
  live: boolean;
  /** Long text in part only: the reader drags through time, and sees a card for a frame. */
  brief?: boolean;
  /** What a tool wrote while it ran. */
  progress?: readonly string[];
}

/** Characters of a text that is drawn in part, about. */
const BRIEF = 4000;
/** Lines of a tool's progress that are kept in the page, the last ones. */
const LINES = 100;

/** Text that grows at its end; `reset` tells that it became another text. */
class Growing {
  private painted = "";

  /** What is new in `text`, or undefined if the text is not the painted one continued. */
  rest(text: string): string | undefined {
    if (!text.startsWith(this.painted)) return undefined;
    const rest = text.slice(this.painted.length);
    this.painted = text;
    return rest;
  }

  reset(): void {
    this.painted = "";
  }
}

export class Card {
  readonly element = make("article", "lgs-card");
  private readonly path = make("button", "lgs-path");
  private readonly facts = make("span", "lgs-dim lgs-number");
  private readonly tags = make("span", "lgs-tags");
  private readonly called = make("code", "lgs-call");
  private readonly body = make("div", "lgs-body");
  private readonly text = make("div", "lgs-text");
  private readonly growing = new Growing();
  private markdown: MarkdownStream | undefined;
  private ended = false;
  private reasoning:
    { element: HTMLDetailsElement; text: HTMLElement; summary: HTMLElement; growing: Growing } | undefined;
  private tools: HTMLElement[] = [];
  private progress: HTMLElement | undefined;
  private error: HTMLElement | undefined;

  constructor(inspect: () => void) {
    this.path.type = "button";
    this.path.title = "Inspect the task";
    this.path.addEventListener("click", inspect);
    this.called.hidden = true;
    const head = make("header", "lgs-card-head", this.path, this.tags, this.called, this.facts);
    this.body.append(this.text);
    this.element.append(head, this.body);
  }

  paint(row: CallRow, { tree, live, brief = false, progress = [] }: CardContext): void {
    const call = brief ? { ...row, text: ending(row.text), reasoning: ending(row.reasoning) } : row;
    const open = live && call.ended === undefined;
    setColor(this.element, tree?.color);
    setAttribute(this.element, "aria-busy", String(open));
    this.element.classList.toggle("lgs-result", call.role === "tool");
    this.paintPath(call);
    setFacts(this.facts, facts(call, open));
    setAttribute(this.facts, "title", spent(call));
    this.paintTags(call);
    this.paintReasoning(call, open);
    if (call.role === "tool") {
      this.paintCalled(call);
      this.paintProgress(progress);
      this.paintResult(call);
    } else this.paintText(call, open);
    this.paintTools(call.tool_calls ?? []);
    this.paintError(call.error);
  }

  private paintPath(call: CallRow): void {
    const path = call.path ?? "";
    if (this.path.dataset["path"] === path) return;
    this.path.dataset["path"] = path;
    const parts = path.split(" › ");
    const last = parts.pop() ?? "";
    this.path.replaceChildren();
    if (parts.length > 0) this.path.append(make("span", "lgs-dim", `${parts.join(" › ")} › `));
    this.path.append(make("strong", "", last));
  }

  private paintTags(call: CallRow): void {
    const tags = [...(call.tags ?? []), ...(call.parts ?? [])];
    const key = tags.join("\n");
    if (this.tags.dataset["tags"] === key) return;
    this.tags.dataset["tags"] = key;
    this.tags.replaceChildren(...tags.map((tag) => make("span", "lgs-tag", tag)));
  }

  private paintText(call: CallRow, open: boolean): void {
    const text = call.text ?? "";
    let rest = this.growing.rest(text);
    if (rest === undefined || (this.ended && rest !== "")) {
      this.growing.reset();
      this.text.replaceChildren();
      this.markdown = undefined;
      this.ended = false;
      rest = this.growing.rest(text) ?? "";
    }
    this.markdown ??= new MarkdownStream(this.text);
    if (rest !== "") this.markdown.write(rest);
    this.text.classList.toggle("lgs-open", open);
    if (open) this.markdown.markTip();
    else if (!this.ended) {
      this.markdown.end();
      this.ended = true;
    }
    this.text.hidden = text === "" && (!open || (call.tool_calls?.length ?? 0) > 0); // a call comes where the caret was
  }

  /** What the tool was called with, where its start was heard. */
  private paintCalled(call: CallRow): void {
    this.called.hidden = call.args === undefined;
    if (call.args === undefined) return;
    const written = `${call.name || "tool"}${toolArguments(call.args)}`;
    setText(this.called, written);
    setAttribute(this.called, "title", written);
  }

  /** What the tool wrote so far: the last lines are seen, the others a scroll away. */
  private paintProgress(texts: readonly string[]): void {
    if (texts.length === 0) {
      this.progress?.remove();
      this.progress = undefined;
      return;
    }
    this.progress ??= make("div", "lgs-progress");
    if (this.progress.parentElement === null) this.body.prepend(this.progress);
    const shown = texts.slice(-LINES);
    if (texts.length > shown.length) shown[0] = `… ${count(texts.length - shown.length + 1)} before`;
    while (this.progress.childElementCount > shown.length) this.progress.lastChild?.remove();
    shown.forEach((text, index) => {
      const line = this.progress?.children[index] ?? this.progress?.appendChild(make("div"));
      if (line) setText(line, text);
    });
    this.progress.scrollTop = this.progress.scrollHeight;
  }

  /** What a tool answered is data, not prose: as it is, in fixed width. */
  private paintResult(call: CallRow): void {
    const rest = this.growing.rest(call.text ?? "");
    this.text.classList.add("lgs-mono");
    this.text.hidden = !call.text;
    if (rest === undefined) setText(this.text, call.text ?? "");
    else if (rest !== "") this.text.append(rest);
  }

  private paintReasoning(call: CallRow, open: boolean): void {
    const text = call.reasoning ?? "";
    if (text === "") {
      this.reasoning?.element.remove();
      this.reasoning = undefined;
      return;
    }
    if (this.reasoning === undefined) {
      const summary = make("summary");
      const element = make("details", "lgs-reasoning", summary);
      this.reasoning = { element, summary, text: make("div", "lgs-reasoning-text"), growing: new Growing() };
      element.append(this.reasoning.text);
      this.body.prepend(element);
    }
    const rest = this.reasoning.growing.rest(text);
    if (rest === undefined) setText(this.reasoning.text, text);
    else if (rest !== "") this.reasoning.text.append(rest);
    const going = open && (call.text ?? "") === "";
    setText(this.reasoning.summary, going ? "reasoning …" : `reasoning, ${plural(text.length, "character")}`);
  }

  private paintTools(calls: readonly ToolCall[]): void {
    while (this.tools.length > calls.length) this.tools.pop()?.remove();
    calls.forEach((call, index) => {
      const line = (this.tools[index] ??= this.body.appendChild(make("div", "lgs-tool", make("b"), make("span"))));
      setText(line.firstElementChild as HTMLElement, call.name ?? "");
      setText(line.lastElementChild as HTMLElement, toolArguments(call.args ?? ""));
    });
  }

  private paintError(error: string | undefined): void {
    if (error === undefined || error === "") {
      this.error?.remove();
      this.error = undefined;
      return;
    }
    if (this.error === undefined) {
      this.error = make("div", "lgs-error", icon("failed"), make("span"));
      this.body.append(this.error);
    }
    setText(this.error.lastElementChild as HTMLElement, error);
  }
}

/** The end of a long text, from the start of a paragraph or line. */
function ending(text: string | undefined): string {
  if (text === undefined || text.length <= 2 * BRIEF) return text ?? "";
  const tail = text.slice(-BRIEF);
  const start = Math.max(tail.indexOf("\n\n"), 0) || Math.max(tail.indexOf("\n"), 0);
  return `… ${count(text.length - tail.length + start)} characters before\n\n${tail.slice(start).trimStart()}`;
}

function facts(call: CallRow, open: boolean): string[] {
  const parts: string[] = [];
  if (call.role === "tool") parts.push(toolFacts(call, open));
  else if (call.role !== undefined && call.role !== "model" && call.role !== "assistant") parts.push(call.role);
  if (call.model) parts.push(call.model);
  if (call.first !== undefined && call.started !== undefined) {
    parts.push(`first token ${seconds(call.first - call.started)}`);
  }
  const given = call.usage?.["input"];
  if (given) parts.push(`${count(given)} in, ${count(call.tokens ?? 0)} out`);
  else if (call.tokens) parts.push(`${count(call.tokens)} tok`);
  if (call.tokens && call.first !== undefined && call.ended !== undefined && call.ended > call.first) {
    parts.push(`${count(Math.round(call.tokens / (call.ended - call.first)))} tok/s`);
  }
  if (call.cost) parts.push(dollars(call.cost));
  if (call.folded) parts.push(`${plural(call.folded, "repeat")} left out`);
  return parts;
}

function toolFacts(call: CallRow, open: boolean): string {
  if (call.args === undefined) return `${call.name || "tool"} ${call.status === "error" ? "failed" : "answered"}`;
  if (open) return "running";
  const said = call.status === "error" ? "failed, " : call.status === "waiting" ? "asks, " : "";
  return `${said}${duration((call.ended ?? 0) - (call.started ?? 0))}`;
}

/** The tokens of a call as the model counts them, in words. */
function spent({ usage, tokens }: CallRow): string {
  if (usage?.["input"] === undefined) return "";
  const cached = usage["cached"] ? ` (${count(usage["cached"])} from the cache)` : "";
  const thought = usage["reasoning"] ? ` (${count(usage["reasoning"])} for reasoning)` : "";
  return `${plural(usage["input"], "token")} in${cached}, ${count(usage["output"] ?? tokens ?? 0)} out${thought}`;
}

/** A wait, told to the hundredth where that says something. */
function seconds(value: number): string {
  return value < 0.095 || value >= 10 ? duration(value) : `${value.toFixed(2)} s`;
}
