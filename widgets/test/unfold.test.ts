import { expect, test } from "vitest";
import { asking, chat, circles, done, failed } from "../dev/scenarios";
import { History } from "../src/history";
import { Log } from "../src/log";
import { type Operation, TABLES, type Tables } from "../src/rows";
import { emptyTables, fold } from "../src/store";
import { unfold } from "../src/unfold";

function folded(ops: readonly Operation[]): Tables {
  const tables = emptyTables();
  for (const op of ops) fold(tables, op);
  return tables;
}

/** As Python saves a run: one put a row, at the time at which it began. */
function compacted(ops: readonly Operation[]): Operation[] {
  const tables = folded(ops);
  return TABLES.flatMap((table) =>
    [...(tables[table] as Map<string, Record<string, unknown>>)].map(([id, row]): Operation => {
      const timed = table !== "run" && table !== "tree";
      return [timed ? Number(row["at"] ?? row["started"] ?? 0) : 0, table, id, { ...row }];
    }),
  );
}

test.each([
  ["done", done],
  ["failed", failed],
  ["asking", asking],
  ["circles", circles],
  ["chat", chat],
])("the saved run %s amounts to the same rows", (_, scenario) => {
  const { ops } = scenario();
  expect(folded(unfold(compacted(ops)))).toEqual(folded(ops));
});

test("a saved run can be looked back on: nothing shows before it happened", () => {
  const log = new Log();
  for (const op of unfold(compacted(done().ops))) log.push(op);
  const history = new History(log);
  history.seek(1.5);
  const { run, task, tree, call } = history.tables;
  expect(run.get("run")?.status).toBe("running");
  expect([tree.get("/publish")?.status, tree.get("/write/draft")?.status]).toEqual(["pending", "running"]);
  expect(task.get("t:/write/draft:1")).toMatchObject({ status: "running" });
  expect(task.get("t:/write/draft:1")?.ended).toBeUndefined();
  expect([...call.keys()]).toEqual(["c1"]);
  expect(call.get("c1")?.text).toBeUndefined();
  history.seek(2.5);
  expect(history.tables.call.get("c1")?.text).toMatch(/topping/);
});

test("operations as they happened stay as they are", () => {
  const { ops } = done();
  expect(unfold(ops)).toEqual(ops);
});
