/** The form that answers one open question: with buttons, a line of text, or JSON. */

import { button, icon, make, setText } from "../../dom/dom";
import {
  acceptsJson,
  acceptsText,
  answerChoices,
  answerPlaceholder,
  jsonTemplate,
  parseJsonAnswer,
  parseTextAnswer,
  questionText,
} from "./answerSchema";
import type { OpenQuestion } from "../../protocol/rows";

/** What a form shows besides its question. */
export interface AnswerFormContext {
  /** The path of the node that asks. */
  path: string;
  /** The question as text, for when its value is missing. */
  fallbackText: string;
  /** True while the kernel waits for the answer. */
  isOpen: boolean;
}

/** Characters of the question's other fields up to which they are shown unfolded. */
const UNFOLDED_CHARS = 400;

export class AnswerForm {
  readonly element = make("form", "lgs-ask");
  readonly #path = make("span", "lgs-dim");
  readonly #text = make("div", "lgs-ask-text");
  readonly #choices = make("div", "lgs-choices");
  readonly #textInput = make("input", "lgs-answer");
  readonly #jsonInput = make("textarea", "lgs-answer lgs-json");
  readonly #modeButton = button("lgs-mode", "", () => this.#setMode(!this.#isEditingJson));
  readonly #submit = make("button", "lgs-button lgs-send", "Send");
  readonly #problem = make("p", "lgs-problem");
  readonly #hint = make("p", "lgs-dim lgs-told-how");
  #isEditingJson = false;
  readonly #acceptsText: boolean;
  #isSent = false;
  #isOpen = false;

  constructor(
    private readonly question: OpenQuestion,
    { path, fallbackText }: AnswerFormContext,
    private readonly sendAnswer: (value: unknown) => void,
  ) {
    const { text, otherFields } = questionText(question, fallbackText);
    this.#acceptsText = acceptsText(question);
    this.element.setAttribute("aria-label", question.before ? "Breakpoint" : `Question from ${path}`);
    this.element.noValidate = true;
    setText(this.#path, path);
    setText(this.#text, text);
    this.#text.hidden = text === "";
    for (const choice of answerChoices(question, text)) {
      this.#choices.append(button("lgs-choice", choice.label, () => this.#send(() => choice.answer)));
    }
    this.#choices.hidden = this.#choices.childElementCount === 0;
    this.#prepareFields();
    const head = make("div", "lgs-ask-head", icon("waiting"), this.#path);
    const row = make(
      "div",
      "lgs-answer-row",
      this.#choices,
      this.#textInput,
      this.#jsonInput,
      this.#submit,
      this.#modeButton,
    );
    this.element.append(
      head,
      this.#text,
      ...(otherFields === undefined ? [] : [details(otherFields)]),
      row,
      this.#problem,
      this.#hint,
    );
    this.#setMode(!this.#acceptsText && this.#choices.hidden, false);
  }

  paint({ isOpen }: AnswerFormContext): void {
    this.#isOpen = isOpen;
    this.#refresh();
  }

  #prepareFields(): void {
    const [textInput, jsonInput] = [this.#textInput, this.#jsonInput];
    textInput.type = "text";
    textInput.placeholder = answerPlaceholder(this.question);
    textInput.autocomplete = "off";
    jsonInput.rows = 5;
    jsonInput.spellcheck = false;
    this.#problem.setAttribute("role", "alert");
    for (const field of [textInput, jsonInput]) {
      const name = this.question.before ? "The state as JSON" : field === jsonInput ? "Answer as JSON" : "Answer";
      field.setAttribute("aria-label", name);
      field.addEventListener("input", () => this.#refresh());
    }
    this.#submit.type = "submit";
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(() =>
        this.#isEditingJson
          ? parseJsonAnswer(this.question, jsonInput.value)
          : parseTextAnswer(this.question, textInput.value),
      );
    });
  }

  #setMode(isEditingJson: boolean, movesFocus = true): void {
    this.#isEditingJson = isEditingJson;
    if (isEditingJson && this.#jsonInput.value === "") this.#jsonInput.value = jsonTemplate(this.question);
    this.#textInput.hidden = isEditingJson || !this.#acceptsText;
    this.#jsonInput.hidden = !isEditingJson;
    this.#submit.hidden = this.#textInput.hidden && this.#jsonInput.hidden;
    this.#choices.hidden = isEditingJson || this.#choices.childElementCount === 0;
    this.#modeButton.hidden =
      !acceptsJson(this.question) || (isEditingJson && !this.#acceptsText && this.#choices.childElementCount === 0);
    setText(
      this.#modeButton,
      isEditingJson ? "back to the form" : this.question.before ? "edit the state" : "edit as JSON",
    );
    this.#refresh();
    if (movesFocus) (isEditingJson ? this.#jsonInput : this.#textInput).focus();
  }

  /** Update what can be pressed, and what is wrong with the text entered so far. */
  #refresh(): void {
    const isDisabled = this.#isSent || !this.#isOpen;
    for (const control of this.element.querySelectorAll<HTMLButtonElement>("button, input, textarea"))
      control.disabled = isDisabled;
    let problem = "";
    if (this.#isEditingJson && !isDisabled) {
      try {
        parseJsonAnswer(this.question, this.#jsonInput.value);
      } catch (error) {
        problem = (error as Error).message;
      }
    }
    this.#submit.disabled = isDisabled || problem !== "";
    this.#jsonInput.setAttribute("aria-invalid", String(problem !== ""));
    setText(this.#problem, problem);
    setText(this.#submit, this.#isSent ? "Sent" : this.question.before ? "Continue with this" : "Send");
    const code = this.question.before ? "Continue in code: run.resume()" : "Answer in code: run.resume(answer)";
    setText(this.#hint, this.#isSent ? "sent" : this.#isOpen ? "" : code);
  }

  #send(readAnswer: () => unknown): void {
    if (this.#isSent || !this.#isOpen) return;
    let value: unknown;
    try {
      value = readAnswer();
    } catch (error) {
      setText(this.#problem, (error as Error).message);
      return;
    }
    this.#isSent = true;
    this.#refresh();
    this.sendAnswer(value);
  }
}

/** The other fields of the question's value, foldable. */
function details(fields: unknown): HTMLElement {
  const text = JSON.stringify(fields, null, 2);
  const element = make("details", "lgs-section", make("summary", "", "details"), make("pre", "", text));
  element.open = text.length <= UNFOLDED_CHARS;
  return element;
}
