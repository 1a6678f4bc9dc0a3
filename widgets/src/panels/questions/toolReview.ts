/**
 * Questions of langchain's HumanInTheLoopMiddleware: tool calls to review, all of a model at once (`action_requests`) or
 * each in a question of its own (`tool_approval`). `lgstream/views/fold/tool_reviews.py` shows them as text.
 */

import { toolArguments } from "../../dom/format";
import type { OpenQuestion } from "../../protocol/rows";

type Fields = Record<string, unknown>;
type DecisionType = "approve" | "edit" | "reject" | "respond";

interface ReviewedCall {
  name: string;
  args: unknown;
  description: string;
}

/** Tool calls to review, and the decisions that are allowed for each of them. */
export interface ToolReview {
  calls: ReviewedCall[];
  allowed: DecisionType[];
  /** The answer that consists of these decisions, one for each call. */
  answerOf: (decisions: Fields[]) => unknown;
}

const DECISION_TYPES: DecisionType[] = ["approve", "edit", "reject", "respond"];

function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The tool calls that a question asks to review; undefined for any other question. */
export function readToolReview({ value, schema }: OpenQuestion): ToolReview | undefined {
  const fields = asFields(value);
  const { type, action_requests: requests, review_configs: configs } = fields;
  if (type === "tool_approval" && typeof fields["name"] === "string") {
    return { calls: [readCall(fields)], allowed: decisionsInSchema(schema), answerOf: ([decision]) => decision };
  }
  if (!Array.isArray(requests) || requests.length === 0 || !Array.isArray(configs)) return undefined;
  if (!requests.every((request) => typeof asFields(request)["name"] === "string")) return undefined;
  const allowedOf = (name: unknown) =>
    configs.map(asFields).find((config) => config["action_name"] === name)?.["allowed_decisions"];
  const allowed = DECISION_TYPES.filter((decision) =>
    requests.every((request) => {
      const decisions = allowedOf(asFields(request)["name"]);
      return Array.isArray(decisions) && decisions.includes(decision);
    }),
  );
  return {
    calls: requests.map((request) => readCall(asFields(request))),
    allowed,
    answerOf: (decisions) => ({ decisions }),
  };
}

function readCall({ name, args, description }: Fields): ReviewedCall {
  const text = typeof description === "string" ? description : "";
  const [ownText] = text.split(`\n\nTool: ${String(name)}\n`); // the default description repeats the call
  return { name: String(name), args, description: (ownText ?? "").trim() };
}

/** The types of decisions in a schema: of one decision, or of several kinds. */
function decisionsInSchema(schema: OpenQuestion["schema"]): DecisionType[] {
  const text = JSON.stringify(schema ?? {});
  return DECISION_TYPES.filter((decision) => text.includes(`"const":"${decision}"`));
}

/** The descriptions and the calls. */
export function reviewText({ calls }: ToolReview): string {
  return calls
    .flatMap(({ name, args, description }) => [description, name + toolArguments(JSON.stringify(args ?? {}))])
    .filter((line) => line !== "")
    .join("\n");
}

/** The answers that a button offers, which decide on all calls. */
export function reviewChoices({ calls, allowed, answerOf }: ToolReview): { label: string; answer: unknown }[] {
  const all = calls.length > 1 ? " all" : "";
  const labels: [DecisionType, string][] = [
    ["approve", `Approve${all}`],
    ["reject", `Reject${all}`],
  ];
  return labels
    .filter(([type]) => allowed.includes(type))
    .map(([type, label]) => ({ label, answer: answerOf(calls.map(() => ({ type }))) }));
}

/** What a line of text means: the reason to reject the calls, or an answer in place of the tool. */
function textDecision({ allowed }: ToolReview): DecisionType | undefined {
  if (allowed.includes("respond") && !allowed.includes("approve")) return "respond";
  return allowed.includes("reject") ? "reject" : undefined;
}

/** What to write into the line of text; undefined if no text is accepted. */
export function textPlaceholder(review: ToolReview): string | undefined {
  const decision = textDecision(review);
  if (decision === undefined) return undefined;
  return decision === "respond" ? "answer in place of the tool" : "reject, for this reason";
}

/** The answer in a line of text. */
export function textAnswer(review: ToolReview, message: string): unknown {
  const type = textDecision(review);
  return review.answerOf(review.calls.map(() => ({ type, message })));
}

/** The answer to start editing from: the calls as they are if they may be edited, else the first allowed decisions. */
export function reviewTemplate({ calls, allowed, answerOf }: ToolReview): unknown {
  const type = allowed[0] ?? "approve";
  const decide = ({ name, args }: ReviewedCall): Fields =>
    allowed.includes("edit") ? { type: "edit", edited_action: { name, args } } : { type };
  return answerOf(calls.map(decide));
}
