/** The form of one open question: buttons, a line of text, or JSON. */

import { button, icon, make, setText } from "../../dom/dom";
import { choices, fromJson, fromText, reading, takesJson, takesText, template } from "./answerSchema";
import type { Ask } from "../../protocol/rows";

/** What a form is painted from besides its question. */
export interface FormContext {
  /** Where the question came from, as a path. */
  path: string;
  /** The question as text, where its value is not given. */
  written: string;
  /** Whether the kernel waits for the answer. */
  open: boolean;
}

const FOLD = 400;

export class Form {
  readonly element = make("form", "lgs-ask");
  private readonly path = make("span", "lgs-dim");
  private readonly text = make("div", "lgs-ask-text");
  private readonly quick = make("div", "lgs-choices");
  private readonly line = make("input", "lgs-answer");
  private readonly json = make("textarea", "lgs-answer lgs-json");
  private readonly mode = button("lgs-mode", "", () => this.setMode(!this.editing));
  private readonly submit = make("button", "lgs-button lgs-send", "Send");
  private readonly problem = make("p", "lgs-problem");
  private readonly told = make("p", "lgs-dim lgs-told-how");
  private editing = false;
  private readonly texts: boolean;
  private sent = false;
  private open = false;

  constructor(
    private readonly ask: Ask,
    { path, written }: FormContext,
    private readonly answer: (value: unknown) => void,
  ) {
    const { text, rest } = reading(ask, written);
    this.texts = takesText(ask);
    this.element.setAttribute("aria-label", ask.before ? "Breakpoint" : `Question from ${path}`);
    this.element.noValidate = true;
    setText(this.path, path);
    setText(this.text, text);
    this.text.hidden = text === "";
    for (const choice of choices(ask, text)) {
      this.quick.append(button("lgs-choice", choice.label, () => this.send(() => choice.answer)));
    }
    this.quick.hidden = this.quick.childElementCount === 0;
    this.prepareFields();
    const head = make("div", "lgs-ask-head", icon("waiting"), this.path);
    const row = make("div", "lgs-answer-row", this.quick, this.line, this.json, this.submit, this.mode);
    this.element.append(head, this.text, ...(rest === undefined ? [] : [more(rest)]), row, this.problem, this.told);
    this.setMode(!this.texts && this.quick.hidden, false);
  }

  paint({ open }: FormContext): void {
    this.open = open;
    this.refresh();
  }

  private prepareFields(): void {
    const { line, json } = this;
    line.type = "text";
    line.placeholder = "answer";
    line.autocomplete = "off";
    json.rows = 5;
    json.spellcheck = false;
    this.problem.setAttribute("role", "alert");
    for (const field of [line, json]) {
      const name = this.ask.before ? "The state as JSON" : field === json ? "Answer as JSON" : "Answer";
      field.setAttribute("aria-label", name);
      field.addEventListener("input", () => this.refresh());
    }
    this.submit.type = "submit";
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(() => (this.editing ? fromJson(this.ask, json.value) : fromText(this.ask, line.value)));
    });
  }

  private setMode(editing: boolean, move = true): void {
    this.editing = editing;
    if (editing && this.json.value === "") this.json.value = template(this.ask);
    this.line.hidden = editing || !this.texts;
    this.json.hidden = !editing;
    this.submit.hidden = this.line.hidden && this.json.hidden;
    this.quick.hidden = editing || this.quick.childElementCount === 0;
    this.mode.hidden = !takesJson(this.ask) || (editing && !this.texts && this.quick.childElementCount === 0);
    setText(this.mode, editing ? "back to the form" : this.ask.before ? "edit the state" : "edit as JSON");
    this.refresh();
    if (move) (editing ? this.json : this.line).focus();
  }

  /** What can be pressed, and what is wrong with what was typed so far. */
  private refresh(): void {
    const off = this.sent || !this.open;
    for (const part of this.element.querySelectorAll<HTMLButtonElement>("button, input, textarea")) part.disabled = off;
    let wrong = "";
    if (this.editing && !off) {
      try {
        fromJson(this.ask, this.json.value);
      } catch (error) {
        wrong = (error as Error).message;
      }
    }
    this.submit.disabled = off || wrong !== "";
    this.json.setAttribute("aria-invalid", String(wrong !== ""));
    setText(this.problem, wrong);
    setText(this.submit, this.sent ? "Sent" : this.ask.before ? "Continue with this" : "Send");
    const code = this.ask.before ? "Go on in code: run.resume()" : "Answer in code: run.resume(answer)";
    setText(this.told, this.sent ? "sent" : this.open ? "" : code);
  }

  private send(read: () => unknown): void {
    if (this.sent || !this.open) return;
    let value: unknown;
    try {
      value = read();
    } catch (error) {
      setText(this.problem, (error as Error).message);
      return;
    }
    this.sent = true;
    this.refresh();
    this.answer(value);
  }
}

function more(rest: unknown): HTMLElement {
  const text = JSON.stringify(rest, null, 2);
  const element = make("details", "lgs-section", make("summary", "", "details"), make("pre", "", text));
  element.open = text.length <= FOLD;
  return element;
}
