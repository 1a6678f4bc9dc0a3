/** An open question as a form: its text, its choices, and which answers its schema accepts. */

import type { OpenQuestion } from "../../protocol/rows";
import { readToolReview, reviewChoices, reviewTemplate, reviewText, textAnswer, textPlaceholder } from "./toolReview";

export interface AnswerChoice {
  label: string;
  answer: unknown;
}

type Fields = Record<string, unknown>;

/** Keys of a question's value that hold its text, and those that list its answers. */
const TEXT_KEYS = ["question", "message", "prompt", "text", "description"];
const CHOICES_KEYS = ["options", "choices", "actions"];
/** Characters up to which a question without a schema is offered Approve and Reject. */
const MAX_YES_NO_CHARS = 300;
const MAX_CHOICES = 12;

function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The text of a question, and the other fields of its value. `fallbackText`: the text if the value is missing. */
export function questionText(question: OpenQuestion, fallbackText: string): { text: string; otherFields: unknown } {
  const { value, before } = question;
  if (before !== undefined) return { text: breakpointText(before), otherFields: undefined };
  if (typeof value === "string") return { text: value, otherFields: undefined };
  const review = readToolReview(question);
  if (review !== undefined) return { text: reviewText(review), otherFields: undefined };
  const fields = asFields(value);
  const key = TEXT_KEYS.find((name) => typeof fields?.[name] === "string");
  if (fields === undefined || key === undefined) {
    return value === null || value === undefined
      ? { text: fallbackText, otherFields: undefined }
      : { text: "", otherFields: value };
  }
  const others = Object.entries(fields).filter(([name]) => name !== key && !CHOICES_KEYS.includes(name));
  return { text: fields[key] as string, otherFields: others.length > 0 ? Object.fromEntries(others) : undefined };
}

function breakpointText(before: readonly string[]): string {
  return before.length === 0 ? "Stopped at a breakpoint." : `Stopped before ${before.join(", ")}.`;
}

const YES_NO_CHOICES: AnswerChoice[] = [
  { label: "Approve", answer: true },
  { label: "Reject", answer: false },
];

/** The answers that a button offers. */
export function answerChoices(question: OpenQuestion, text: string): AnswerChoice[] {
  if (question.before !== undefined) return [{ label: "Continue", answer: null }];
  const review = readToolReview(question);
  if (review !== undefined) return reviewChoices(review);
  const { schema } = question;
  if (schema?.["type"] === "boolean") return YES_NO_CHOICES;
  if (Array.isArray(schema?.["enum"])) {
    return schema["enum"].slice(0, MAX_CHOICES).map((answer: unknown) => ({ label: choiceLabel(answer), answer }));
  }
  const fields = asFields(question.value);
  for (const name of CHOICES_KEYS) {
    const list = fields?.[name];
    if (Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === "string")) {
      return list.slice(0, MAX_CHOICES).map((answer: string) => ({ label: answer, answer }));
    }
  }
  const isYesNo = text !== "" && text.length <= MAX_YES_NO_CHARS;
  return !schema && isYesNo ? YES_NO_CHOICES : [];
}

function choiceLabel(answer: unknown): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}

/** What to write into the line of text that answers a question. */
export function answerPlaceholder(question: OpenQuestion): string {
  const review = readToolReview(question);
  return (review && textPlaceholder(review)) ?? "answer";
}

/** True if a line of text can answer the question. */
export function acceptsText(question: OpenQuestion): boolean {
  const { schema, before } = question;
  if (before !== undefined) return false;
  const review = readToolReview(question);
  if (review !== undefined) return textPlaceholder(review) !== undefined;
  const type = schema?.["type"];
  if (Array.isArray(schema?.["enum"])) return false;
  return type === undefined ? !schema : ["string", "number", "integer"].includes(String(type));
}

/** True if the answer can be written as JSON: always, except at a breakpoint without state to edit. */
export function acceptsJson({ before, value }: OpenQuestion): boolean {
  return before === undefined || Object.keys(asFields(value) ?? {}).length > 0;
}

/** The answer in a line of text. Throws an Error that says what is wrong with it. */
export function parseTextAnswer(question: OpenQuestion, text: string): unknown {
  const review = readToolReview(question);
  if (review !== undefined) return textAnswer(review, text);
  const type = question.schema?.["type"];
  if (type !== "number" && type !== "integer") return text;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new Error("A number, please.");
  return validate(question, value);
}

/** The answer in JSON. Throws an Error that says what is wrong with it. */
export function parseJsonAnswer(question: OpenQuestion, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`Not JSON: ${(error as Error).message}`);
  }
  return question.before === undefined ? validate(question, value) : validateState(question, value);
}

/** Check an edited state: it must be an object that only has keys of the state. */
function validateState(question: OpenQuestion, value: unknown): unknown {
  const fields = asFields(value);
  if (fields === undefined) throw new Error("The state must be an object.");
  const stateKeys = Object.keys(asFields(question.value) ?? {});
  const unknownKey = Object.keys(fields).find((key) => !stateKeys.includes(key));
  if (unknownKey !== undefined) throw new Error(`The state has no key "${unknownKey}" to edit.`);
  return value;
}

/** The JSON to start editing from: the question's value, which may be meant to be edited, or an empty answer. */
export function jsonTemplate(question: OpenQuestion): string {
  const review = question.before === undefined ? readToolReview(question) : undefined;
  if (review !== undefined) return JSON.stringify(reviewTemplate(review), null, 2);
  const { schema, value } = question;
  const properties = asFields(schema?.["properties"]);
  if (properties !== undefined) {
    const fields = asFields(value) ?? {};
    const entries = Object.entries(properties).map(([name, property]) => [
      name,
      fields[name] ?? emptyValue(asFields(property)),
    ]);
    return JSON.stringify(Object.fromEntries(entries), null, 2);
  }
  if (schema) return JSON.stringify(emptyValue(schema), null, 2);
  return JSON.stringify(value ?? "", null, 2);
}

function emptyValue(schema: Fields | undefined): unknown {
  if (schema === undefined) return null;
  if ("default" in schema) return schema["default"];
  const emptyValues: Fields = { string: "", number: 0, integer: 0, boolean: false, array: [], object: {} };
  return emptyValues[String(schema["type"])] ?? null;
}

/**
 * Check the top level of the JSON schema: type, enum, required keys and their types. The kernel validates all of it.
 * Returns the value.
 */
function validate({ schema }: OpenQuestion, value: unknown): unknown {
  if (schema === null || schema === undefined) return value;
  validateType(schema, value, "The answer");
  const fields = asFields(value);
  const properties = asFields(schema["properties"]) ?? {};
  if (fields === undefined) return value;
  for (const name of (schema["required"] as string[] | undefined) ?? []) {
    if (!(name in fields)) throw new Error(`"${name}" is missing.`);
  }
  for (const [name, property] of Object.entries(properties)) {
    if (name in fields) validateType(asFields(property) ?? {}, fields[name], `"${name}"`);
  }
  return value;
}

function validateType(schema: Fields, value: unknown, what: string): void {
  const { type, enum: allowed } = schema;
  if (Array.isArray(allowed) && !allowed.includes(value)) {
    throw new Error(`${what} must be one of ${allowed.map(choiceLabel).join(", ")}.`);
  }
  if (typeof type !== "string" || hasType(type, value)) return;
  throw new Error(`${what} must be ${/^[aio]/.test(type) ? "an" : "a"} ${type}.`);
}

function hasType(type: string, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return asFields(value) !== undefined;
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}
