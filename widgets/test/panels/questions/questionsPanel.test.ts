import { expect, test } from "vitest";
import { asking, paused, waiting } from "../../../dev/scenarios";
import {
  answerChoices,
  answerPlaceholder,
  parseJsonAnswer,
  parseTextAnswer,
  questionText,
  acceptsText,
  jsonTemplate,
} from "../../../src/panels/questions/answerSchema";
import type { OpenQuestion } from "../../../src/protocol/rows";
import { mount, type } from "../../support/mount";

const ask = (value: unknown, schema: OpenQuestion["schema"] = null): OpenQuestion => ({ id: "q", value, schema });
const labels = (question: OpenQuestion) =>
  answerChoices(question, questionText(question, "").text).map(({ label }) => label);
const submit = (form: Element) => form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));

test("choices come from the schema or the value; short questions can be approved or rejected", () => {
  expect(labels(ask({ question: "?", options: ["a", "b"] }))).toEqual(["a", "b"]);
  expect(labels(ask({ question: "?", actions: ["go"] }))).toEqual(["go"]);
  expect(labels(ask("Go on?"))).toEqual(["Approve", "Reject"]);
  expect(labels(ask("x", { type: "boolean" }))).toEqual(["Approve", "Reject"]);
  expect(labels(ask("x", { enum: ["red", 3] }))).toEqual(["red", "3"]);
  expect(labels(ask("x".repeat(500)))).toEqual([]);
  expect(labels(ask("x", { type: "string" }))).toEqual([]);
  expect(labels(ask({ options: ["a", 1] }))).toEqual([]);
});

test("the text of a question is its value, or under a known key, or in the row", () => {
  expect(questionText(ask("Go?"), "").text).toBe("Go?");
  expect(questionText(ask({ question: "Go?", price: 3, options: ["a"] }), "")).toEqual({
    text: "Go?",
    otherFields: { price: 3 },
  });
  expect(questionText(ask(null), "as written").text).toBe("as written");
  expect(questionText(ask([1]), "x")).toEqual({ text: "", otherFields: [1] });
});

test("JSON is checked against the top level of the schema, with messages for what is wrong", () => {
  const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
  expect(parseJsonAnswer(ask("x", schema), '{"n": 2}')).toEqual({ n: 2 });
  expect(() => parseJsonAnswer(ask("x", schema), "{")).toThrow(/^Not JSON/);
  expect(() => parseJsonAnswer(ask("x", schema), "[]")).toThrow("The answer must be an object.");
  expect(() => parseJsonAnswer(ask("x", schema), "{}")).toThrow('"n" is missing.');
  expect(() => parseJsonAnswer(ask("x", schema), '{"n": 1.5}')).toThrow('"n" must be an integer.');
  expect(() => parseJsonAnswer(ask("x", { enum: ["a"] }), '"b"')).toThrow("The answer must be one of a.");
});

test("a line of text is a string, or a number if the schema requires one", () => {
  expect(parseTextAnswer(ask("x"), "12")).toBe("12");
  expect(parseTextAnswer(ask("x", { type: "integer" }), "12")).toBe(12);
  expect(() => parseTextAnswer(ask("x", { type: "integer" }), "1.5")).toThrow("The answer must be an integer.");
  expect(() => parseTextAnswer(ask("x", { type: "number" }), "a")).toThrow("A number");
  expect(acceptsText(ask("x", { type: "object" }))).toBe(false);
});

test("the JSON to edit starts from the value of the question, in the form of the answer", () => {
  expect(JSON.parse(jsonTemplate(ask({ a: 1 })))).toEqual({ a: 1 });
  const schema = { properties: { a: { type: "integer" }, b: { type: "string" } } };
  expect(JSON.parse(jsonTemplate(ask({ a: 7, c: 1 }, schema)))).toEqual({ a: 7, b: "" });
});

const mail = (to: string) => ({
  name: "send_mail",
  args: { to },
  description: `Tool execution requires approval\n\nTool: send_mail\nArgs: {'to': '${to}'}`,
});
const review = (decisions: string[], ...requests: object[]) =>
  ask({ action_requests: requests, review_configs: [{ action_name: "send_mail", allowed_decisions: decisions }] });
const ALL_DECISIONS = ["approve", "edit", "reject", "respond"];
const answers = (question: OpenQuestion) => answerChoices(question, "").map(({ answer }) => answer);

test("tool calls to review are shown as calls, and approved or rejected with buttons", () => {
  const one = review(ALL_DECISIONS, mail("ada"));
  expect(questionText(one, "")).toEqual({
    text: 'Tool execution requires approval\nsend_mail(to="ada")',
    otherFields: undefined,
  });
  expect(labels(one)).toEqual(["Approve", "Reject"]);
  expect(answers(one)).toEqual([{ decisions: [{ type: "approve" }] }, { decisions: [{ type: "reject" }] }]);
  expect(labels(review(ALL_DECISIONS, mail("ada"), mail("bob")))).toEqual(["Approve all", "Reject all"]);
  expect(answers(review(["approve"], mail("ada"), mail("bob")))).toEqual([
    { decisions: [{ type: "approve" }, { type: "approve" }] },
  ]);
});

test("text rejects tool calls for a reason, or answers in place of a tool that cannot be approved", () => {
  const rejectable = review(ALL_DECISIONS, mail("ada"));
  expect(answerPlaceholder(rejectable)).toBe("reject, for this reason");
  expect(parseTextAnswer(rejectable, "too late")).toEqual({ decisions: [{ type: "reject", message: "too late" }] });
  const answerable = review(["respond"], mail("ada"));
  expect(answerPlaceholder(answerable)).toBe("answer in place of the tool");
  expect(parseTextAnswer(answerable, "12")).toEqual({ decisions: [{ type: "respond", message: "12" }] });
  expect(acceptsText(review(["approve"], mail("ada")))).toBe(false);
});

test("tool calls are edited as JSON, in the form of the answer", () => {
  const edit = { type: "edit", edited_action: { name: "send_mail", args: { to: "ada" } } };
  expect(JSON.parse(jsonTemplate(review(ALL_DECISIONS, mail("ada"))))).toEqual({ decisions: [edit] });
  expect(JSON.parse(jsonTemplate(review(["approve"], mail("ada"))))).toEqual({ decisions: [{ type: "approve" }] });
});

test("a question about one tool call is answered with one decision, of those in its schema", () => {
  const decision = (type: string) => ({ properties: { type: { const: type, type: "string" } }, type: "object" });
  const approval = { type: "tool_approval", tool_call_id: "1", ...mail("ada") };
  const both = ask(approval, { oneOf: [decision("approve"), decision("reject")] });
  expect(answers(both)).toEqual([{ type: "approve" }, { type: "reject" }]);
  expect(parseTextAnswer(both, "no")).toEqual({ type: "reject", message: "no" });
  expect(labels(ask(approval, decision("approve")))).toEqual(["Approve"]);
});

test("each open question is a form below the header, and not shown again in the inspector", () => {
  const { all, texts, one } = mount(asking().ops);
  expect(all(".lgs-ask")).toHaveLength(3);
  expect(texts(".lgs-ask-text").slice(0, 2)).toEqual(["Book the McKittrick for two nights?", "Which room?"]);
  expect(one(".lgs-questions").previousElementSibling?.className).toBe("lgs-header");
  expect(one(".lgs-sheet").hidden).toBe(true);
});

test("a button sends its answer once, and says so", () => {
  const { all, model, one } = mount(asking().ops);
  const [approve] = all(".lgs-choice");
  approve?.click();
  approve?.click();
  expect(model.sent).toEqual([{ kind: "answer", id: "q1", value: true }]);
  expect(one(".lgs-ask").textContent).toContain("sent");
  expect(all(".lgs-ask:first-child :is(button, input):not(:disabled)")).toEqual([]);
  expect(all(".lgs-ask:nth-child(2) .lgs-choice:not(:disabled)")).toHaveLength(3);
});

test("text and edited JSON are answers", () => {
  const { all, model } = mount(asking().ops);
  const [first, , third] = all(".lgs-ask");
  type(first?.querySelector("input.lgs-answer") as HTMLInputElement, "only one night");
  submit(first as Element);
  const json = third?.querySelector("textarea") as HTMLTextAreaElement;
  expect(JSON.parse(json.value)).toEqual({ amount: 0, note: "" });
  type(json as unknown as HTMLInputElement, '{"amount": "x"}');
  expect(third?.querySelector(".lgs-problem")?.textContent).toBe('"amount" must be an integer.');
  submit(third as Element);
  type(json as unknown as HTMLInputElement, '{"amount": 5}');
  submit(third as Element);
  expect(model.sent.map(({ value }) => value)).toEqual(["only one night", { amount: 5 }]);
});

test("edit as JSON starts from the value, and the way back is open", () => {
  const { all } = mount(asking().ops);
  const form = all(".lgs-ask")[0] as HTMLElement;
  const [line, json, mode] = ["input.lgs-answer", "textarea", ".lgs-mode"].map(
    (selector) => form.querySelector(selector) as HTMLTextAreaElement,
  ) as [HTMLTextAreaElement, HTMLTextAreaElement, HTMLTextAreaElement];
  mode.click();
  expect([line.hidden, json.hidden]).toEqual([true, false]);
  expect(JSON.parse(json.value)).toEqual({ question: "Book the McKittrick for two nights?", price: 210 });
  mode.click();
  expect([line.hidden, json.hidden]).toEqual([false, true]);
});

test("if the kernel does not wait, the form cannot be sent and says how to answer in code", () => {
  const { all, one, model } = mount(asking(false).ops);
  expect(one(".lgs-told-how").textContent).toContain("run.resume(answer)");
  all(".lgs-choice")[0]?.click();
  submit(one(".lgs-ask"));
  expect(model.sent).toEqual([]);
});

test("an answered question disappears; if it is asked again it can be answered again", () => {
  const { all, play, model, one } = mount(asking().ops);
  all(".lgs-choice")[0]?.click();
  play([[2, "task", "t:/confirm:2", { ask: [{ id: "q1", value: "Really?", schema: null }] }]]);
  expect(all(".lgs-ask")).toHaveLength(1);
  all(".lgs-choice")[1]?.click();
  expect(model.sent.map(({ value }) => value)).toEqual([true, false]);
  play([[3, "task", "t:/confirm:2", { ask: [], status: "done", answer: "false" }]]);
  expect(one(".lgs-questions").hidden).toBe(true);
});

test("text in a form is kept while the run continues", () => {
  const { one, play } = mount(asking().ops);
  type(one("input.lgs-answer") as HTMLInputElement, "half a sen");
  play([[2, "call", "c", "text", "token"]]);
  play([[2, "task", "t:/confirm:2", { released: 2 }]]);
  expect((one("input.lgs-answer") as HTMLInputElement).value).toBe("half a sen");
});

test("a question without a form opens in the inspector", () => {
  expect(mount(waiting().ops).one(".lgs-sheet").hidden).toBe(false);
});

test("at a breakpoint one press continues the run", () => {
  const { all, one, texts, model } = mount(paused().ops);
  expect(texts(".lgs-ask-text")).toEqual(["Stopped before book."]);
  expect(texts(".lgs-status")).toEqual(["at a breakpoint"]);
  expect(one("input.lgs-answer").hidden).toBe(true);
  all(".lgs-choice")[0]?.click();
  expect(model.sent).toEqual([{ kind: "answer", id: "breakpoint", value: null }]);
});

test("at a breakpoint the values of existing state keys can be edited", () => {
  const { one, model } = mount(paused().ops);
  one(".lgs-mode").click();
  const json = one("textarea") as HTMLTextAreaElement;
  expect(JSON.parse(json.value)).toEqual({ hotel: "McKittrick", nights: 2 });
  type(json as unknown as HTMLInputElement, '{"hotels": "Ritz"}');
  expect(one(".lgs-problem").textContent).toBe('The state has no key "hotels" to edit.');
  type(json as unknown as HTMLInputElement, '{"hotel": "Ritz"}');
  submit(one(".lgs-ask"));
  expect(model.sent).toEqual([{ kind: "answer", id: "breakpoint", value: { hotel: "Ritz" } }]);
});

test("a breakpoint without state to edit can only be continued", () => {
  const { one, play } = mount(paused().ops);
  play([[1, "run", "run", { pause: { id: "breakpoint", before: ["book"], value: {} } }]]);
  expect(one(".lgs-mode").hidden).toBe(true);
  play([[2, "run", "run", { pause: null, status: "running" }]]);
  expect(one(".lgs-questions").hidden).toBe(true);
});
