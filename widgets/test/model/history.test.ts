import { expect, test } from "vitest";
import { done, failed, long, wide } from "../../dev/scenarios";
import { History } from "../../src/model/history";
import type { Operation, Tables } from "../../src/protocol/rows";
import { emptyTables, applyOperation } from "../../src/model/store";

/** The tables at `t`, made the plain way. */
function plainly(log: readonly Operation[], t: number): Tables {
  const tables = emptyTables();
  for (const op of log) if (op[0] <= t) applyOperation(tables, op);
  return tables;
}

const RUNS: [string, readonly Operation[]][] = [
  ["done", done().ops],
  ["failed", failed().ops],
  ["wide", wide(700).ops],
  ["long", long(20_000).ops],
];

test.each(RUNS)("the run %s is at every moment what the operations until then build", (_, ops) => {
  const log = ops;
  const history = new History(log);
  const end = ops.at(-1)?.[0] ?? 0;
  for (const part of [1, 0.2, 0.21, 0.9, 0.5, 0.49, 0, 0.77, 1]) {
    history.seek(part * end);
    expect(history.tables).toEqual(plainly(log, part * end));
  }
});

test("seek returns everything that changed", () => {
  const log = failed().ops;
  const history = new History(log);
  let before = structuredClone(plainly(log, 0));
  history.seek(0);
  for (let t = 0.1; t < 3; t += 0.1) {
    const { all, ids } = history.seek(t);
    for (const [id, row] of history.tables.call) {
      if (!all && !ids.call.has(id)) expect(row).toEqual(before.call.get(id));
    }
    before = structuredClone(history.tables);
  }
});

test("it can seek while the log still grows", () => {
  const { ops } = long(8000);
  const log = [] as Operation[];
  const history = new History(log);
  ops.forEach((op, at) => {
    log.push(op);
    if (at % 700 === 0) {
      history.seek(1);
      expect(history.tables).toEqual(plainly(log, 1));
    }
  });
  history.seek(9);
  expect(history.tables).toEqual(plainly(log, 9));
});

test("keyframes are few, and share the rows that did not change between them", () => {
  const log = Array.from({ length: 100_000 }, (_, n): Operation => [n, "call", `c${n % 50}`, "text", "word "]);
  const history = new History(log);
  history.seek(99_999);
  const { keyframes } = history;
  expect(keyframes.length).toBeLessThanOrEqual(32);
  const quiet: Operation[] = [
    ...wide(500).ops,
    ...long(20_000).ops.map((op): Operation => [op[0] + 9, op[1], op[2], ...op.slice(3)] as unknown as Operation),
  ];
  const other = new History(quiet);
  other.seek(60);
  const frames = other.keyframes;
  const worker = frames.slice(-2).map(({ tables }) => tables.task.get("t:/worker #3:2"));
  expect(worker[0]).toBeDefined();
  expect(worker[0]).toBe(worker[1]);
});
