import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeJoin, formatCount, formatDollars, formatDuration, toolArguments } from "../../src/dom/format";

/** Read by `tests/views/test_front_end_fixtures.py` as well. */
const TEXTS = JSON.parse(readFileSync("../tests/fixtures/format.json", "utf8")) as {
  durations: [number, string][];
  dollars: [number, string][];
  counts: [number, string, string][];
  joins: [string[], string][];
  tool_calls: [string, string, string][];
};

test("numbers and tool calls are written as in Python", () => {
  for (const [seconds, text] of TEXTS.durations) expect(formatDuration(seconds)).toBe(text);
  for (const [amount, text] of TEXTS.dollars) expect(formatDollars(amount)).toBe(text);
  for (const [value, noun, text] of TEXTS.counts) expect(formatCount(value, noun)).toBe(text);
  for (const [triggers, text] of TEXTS.joins) expect(describeJoin(triggers)).toBe(text);
  for (const [name, args, text] of TEXTS.tool_calls) expect(`${name}${toolArguments(args)}`).toBe(text);
});
