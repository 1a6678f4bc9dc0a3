/** What an open question offers: how it reads, which buttons it has, and what counts as an answer to it. Pure. */

import type { Ask } from "../../protocol/rows";

export interface Choice {
  label: string;
  answer: unknown;
}

type Fields = Record<string, unknown>;

/** Keys of a question under which its text stands, and those under which its answers are listed. */
const TEXTS = ["question", "message", "prompt", "text", "description"];
const LISTS = ["options", "choices", "actions"];
/** Characters of a question that can be meant as one of yes or no. */
const SHORT = 300;
const MOST = 12;

function fields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** The question as text, and what else came with it. `written`: the question as the row tells it. */
export function reading(ask: Ask, written: string): { text: string; rest: unknown } {
  if (ask.before !== undefined) return { text: stopped(ask.before), rest: undefined };
  if (typeof ask.value === "string") return { text: ask.value, rest: undefined };
  const given = fields(ask.value);
  const key = TEXTS.find((name) => typeof given?.[name] === "string");
  if (given === undefined || key === undefined) {
    return ask.value === null || ask.value === undefined
      ? { text: written, rest: undefined }
      : { text: "", rest: ask.value };
  }
  const rest = Object.entries(given).filter(([name]) => name !== key && !LISTS.includes(name));
  return { text: given[key] as string, rest: rest.length > 0 ? Object.fromEntries(rest) : undefined };
}

function stopped(before: readonly string[]): string {
  return before.length === 0 ? "Stopped at a breakpoint." : `Stopped before ${before.join(", ")}.`;
}

const DECISION: Choice[] = [
  { label: "Approve", answer: true },
  { label: "Reject", answer: false },
];

/** The answers that are one press away. */
export function choices(ask: Ask, text: string): Choice[] {
  if (ask.before !== undefined) return [{ label: "Continue", answer: null }];
  const { schema } = ask;
  if (schema?.["type"] === "boolean") return DECISION;
  if (Array.isArray(schema?.["enum"])) {
    return schema["enum"].slice(0, MOST).map((answer: unknown) => ({ label: label(answer), answer }));
  }
  const given = fields(ask.value);
  for (const name of LISTS) {
    const list = given?.[name];
    if (Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === "string")) {
      return list.slice(0, MOST).map((answer: string) => ({ label: answer, answer }));
    }
  }
  const asks = text !== "" && text.length <= SHORT;
  return !schema && asks ? DECISION : [];
}

function label(answer: unknown): string {
  return typeof answer === "string" ? answer : JSON.stringify(answer);
}

/** Whether a line of text can answer the question. */
export function takesText({ schema, before }: Ask): boolean {
  if (before !== undefined) return false;
  const type = schema?.["type"];
  if (Array.isArray(schema?.["enum"])) return false;
  return type === undefined ? !schema : ["string", "number", "integer"].includes(String(type));
}

/** Whether the answer can be written as JSON: every one but going on from a breakpoint with nothing to edit. */
export function takesJson({ before, value }: Ask): boolean {
  return before === undefined || Object.keys(fields(value) ?? {}).length > 0;
}

/** The answer that a line of text is; throws with what is wrong with it. */
export function fromText(ask: Ask, text: string): unknown {
  const type = ask.schema?.["type"];
  if (type !== "number" && type !== "integer") return text;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new Error("A number, please.");
  return checked(ask, value);
}

/** The answer that JSON text is; throws with what is wrong with it. */
export function fromJson(ask: Ask, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`Not JSON: ${(error as Error).message}`);
  }
  return ask.before === undefined ? checked(ask, value) : edited(ask, value);
}

/** The edited state: an object, with the keys that the state has. */
function edited(ask: Ask, value: unknown): unknown {
  const given = fields(value);
  if (given === undefined) throw new Error("The state must be an object.");
  const known = Object.keys(fields(ask.value) ?? {});
  const odd = Object.keys(given).find((key) => !known.includes(key));
  if (odd !== undefined) throw new Error(`The state has no key "${odd}" to edit.`);
  return value;
}

/** What to begin the JSON with: the value asked about, for it may be meant to be edited; else an empty answer. */
export function template(ask: Ask): string {
  const properties = fields(ask.schema?.["properties"]);
  if (properties !== undefined) {
    const given = fields(ask.value) ?? {};
    const blank = Object.entries(properties).map(([name, part]) => [name, given[name] ?? empty(fields(part))]);
    return JSON.stringify(Object.fromEntries(blank), null, 2);
  }
  if (ask.schema) return JSON.stringify(empty(ask.schema), null, 2);
  return JSON.stringify(ask.value ?? "", null, 2);
}

function empty(schema: Fields | undefined): unknown {
  if (schema === undefined) return null;
  if ("default" in schema) return schema["default"];
  const blank: Fields = { string: "", number: 0, integer: 0, boolean: false, array: [], object: {} };
  return blank[String(schema["type"])] ?? null;
}

/** The top of a JSON schema: type, enum, required keys and their types. The kernel checks the whole. */
function checked(ask: Ask, value: unknown): unknown {
  const { schema } = ask;
  if (schema === null || schema === undefined) return value;
  demand(schema, value, "The answer");
  const given = fields(value);
  const properties = fields(schema["properties"]) ?? {};
  if (given === undefined) return value;
  for (const name of (schema["required"] as string[] | undefined) ?? []) {
    if (!(name in given)) throw new Error(`"${name}" is missing.`);
  }
  for (const [name, part] of Object.entries(properties)) {
    if (name in given) demand(fields(part) ?? {}, given[name], `"${name}"`);
  }
  return value;
}

function demand(schema: Fields, value: unknown, what: string): void {
  const { type, enum: among } = schema;
  if (Array.isArray(among) && !among.includes(value)) {
    throw new Error(`${what} must be one of ${among.map(label).join(", ")}.`);
  }
  if (typeof type !== "string" || is(type, value)) return;
  throw new Error(`${what} must be ${/^[aio]/.test(type) ? "an" : "a"} ${type}.`);
}

function is(type: string, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return fields(value) !== undefined;
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}
