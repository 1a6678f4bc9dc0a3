/** The types of messages, traits and rows agree with `tests/fixtures/protocol.json`, as those of Python do. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type {
  AnswerMessage,
  FrameMessage,
  FramesMessage,
  FrontEndMessage,
  GetOutputMessage,
  OutputMessage,
  PythonMessage,
  ResyncMessage,
  StopMessage,
  Traits,
} from "../../src/protocol/messages";
import type { CallRow, NoteRow, RunRow, StepRow, Tables, TaskRow, TreeRow } from "../../src/protocol/rows";
import { FIELD_KINDS } from "../../src/protocol/validation";

type JsonType<T> = unknown extends T
  ? "any"
  : NonNullable<T> extends string
    ? "string"
    : NonNullable<T> extends number
      ? "number"
      : NonNullable<T> extends boolean
        ? "boolean"
        : NonNullable<T> extends readonly unknown[]
          ? "list"
          : "object";

/** The fields of a type with their JSON types: the compiler rejects another field or another type. */
type Fields<T> = { [Field in keyof Required<T>]: JsonType<T[Field]> };

interface Protocol {
  messages: Record<string, { sender: string; fields: Record<string, string> }>;
  traits: Record<string, { type: string }>;
  tables: Record<string, Record<string, string>>;
}

const PROTOCOL = JSON.parse(readFileSync("../tests/fixtures/protocol.json", "utf8")) as Protocol;

const FRAME: Fields<FrameMessage> = { kind: "string", seq: "number", ops: "list" };
const FRAMES: Fields<FramesMessage> = { kind: "string", frames: "list" };
const RESYNC: Fields<ResyncMessage> = { kind: "string", after: "number" };
const STOP: Fields<StopMessage> = { kind: "string" };
const ANSWER: Fields<AnswerMessage> = { kind: "string", id: "string", value: "any" };
const OUTPUT: Fields<OutputMessage> = { kind: "string", version: "object", data: "object", metadata: "object" };
const GET_OUTPUT: Fields<GetOutputMessage> = { kind: "string" };

const FROM_PYTHON: Record<PythonMessage["kind"], object> = { frame: FRAME, frames: FRAMES, output: OUTPUT };
const FROM_FRONT_END: Record<FrontEndMessage["kind"], object> = {
  resync: RESYNC,
  stop: STOP,
  answer: ANSWER,
  get_output: GET_OUTPUT,
};

test("messages have the fields of the table, and the same sender", () => {
  const sentBy = (sender: string, messages: Record<string, object>) =>
    Object.entries(messages).map(([kind, fields]) => [kind, { sender, fields }]);
  const messages = [...sentBy("Python", FROM_PYTHON), ...sentBy("front end", FROM_FRONT_END)];
  expect(Object.fromEntries(messages)).toEqual(PROTOCOL.messages);
});

test("traits are those of the table", () => {
  const traits: Fields<Traits> = {
    last_seq: "number",
    ops_final: "string",
    stop_mode: "string",
    part: "string",
    live_id: "string",
    output_version: "object",
  };
  const types = Object.entries(PROTOCOL.traits).map(([name, { type }]) => [name, type]);
  expect(traits).toEqual(Object.fromEntries(types));
});

const RUN: Fields<RunRow> = {
  graph: "string",
  status: "string",
  started: "number",
  ended: "number",
  step: "number",
  calls: "number",
  tokens: "number",
  rate: "number",
  cost: "number",
  error: "string",
  note: "string",
  left_out: "string",
  saved_at: "number",
  mermaid: "string",
  shape: "object",
  asks: "boolean",
  pause: "object",
};
const TREE: Fields<TreeRow> = {
  parent: "string",
  name: "string",
  path: "string",
  kind: "string",
  status: "string",
  order: "number",
  color: "number",
  visits: "number",
  started: "number",
  ended: "number",
  busy: "number",
  tokens: "number",
};
const TASK: Fields<TaskRow> = {
  row: "string",
  node: "string",
  step: "number",
  parent: "string",
  started: "number",
  ended: "number",
  released: "number",
  status: "string",
  triggers: "list",
  input: "string",
  update: "string",
  diff: "list",
  error: "string",
  traceback: "string",
  question: "string",
  ask: "list",
  answer: "string",
  cached: "boolean",
  tries: "number",
  retries: "list",
};
const CALL: Fields<CallRow> = {
  row: "string",
  task: "string",
  path: "string",
  role: "string",
  model: "string",
  name: "string",
  tags: "list",
  started: "number",
  first: "number",
  ended: "number",
  text: "string",
  reasoning: "string",
  tool_calls: "list",
  parts: "list",
  tokens: "number",
  usage: "object",
  cost: "number",
  error: "string",
  folded: "number",
  status: "string",
  answers: "string",
  args: "string",
};
const NOTE: Fields<NoteRow> = {
  row: "string",
  task: "string",
  path: "string",
  text: "string",
  at: "number",
  call: "string",
  writes: "number",
};
const STEP: Fields<StepRow> = {
  row: "string",
  step: "number",
  started: "number",
  ended: "number",
  values: "object",
  messages: "string",
};

const TABLES: Record<keyof Tables, object> = { run: RUN, tree: TREE, task: TASK, call: CALL, note: NOTE, step: STEP };

test("rows have the fields of the table", () => {
  expect(TABLES).toEqual(PROTOCOL.tables);
});

/** The JSON type of the kinds of fields, except those with the name of the type in their own. */
const JSON_TYPES: Record<string, string> = {
  text: "string",
  status: "string",
  kind: "string",
  amount: "number",
  integer: "number",
  "natural number": "number",
  breakpoint: "object",
  "drawable shape": "object",
};

test("saved runs are read with the types of the table", () => {
  const types = (kinds: ReadonlyMap<string, string>) =>
    Object.fromEntries([...kinds].map(([name, kind]) => [name, JSON_TYPES[kind] ?? kind.replace(/ of .*/, "")]));
  for (const [table, fields] of Object.entries(PROTOCOL.tables)) {
    expect(types(FIELD_KINDS[table as keyof Tables]), table).toEqual(fields);
  }
});
