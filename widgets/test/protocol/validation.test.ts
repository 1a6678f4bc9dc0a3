/** A saved run from anywhere is shown, or refused with a reason; tests/views/saved/test_validation.py does the same. */

import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { Store } from "../../src/model/store";
import { readSavedRun } from "../../src/protocol/saved";
import { validateOperations } from "../../src/protocol/validation";
import { NO_CONNECTION } from "../../src/panels/panel";
import { RunView } from "../../src/runview";
import type { Operation } from "../../src/protocol/rows";

interface Case {
  name: string;
  operations: unknown[] | null;
  reason: string | null;
}

const FIXTURE = JSON.parse(readFileSync("../tests/fixtures/saved_runs.json", "utf8")) as {
  base: Operation[];
  cases: Case[];
};
const JOKE = JSON.parse(readFileSync("../tests/views/goldens/joke.run.json", "utf8")) as unknown;

afterEach(() => document.body.replaceChildren());

/** Show the run at its end and at its start. */
function show(ops: readonly Operation[]): string {
  const store = new Store(() => undefined);
  store.replace(ops);
  const view = new RunView(store, NO_CONNECTION);
  document.body.append(view.element);
  for (const button of view.element.querySelectorAll<HTMLButtonElement>(".lgs-tab")) button.click();
  store.flush();
  const { textContent } = view.element;
  const slider = view.element.querySelector('[role="slider"]');
  for (const key of ["Home", "PageUp"]) {
    slider?.dispatchEvent(new KeyboardEvent("keydown", { key }));
    store.flush();
  }
  view.destroy();
  return textContent;
}

test.each(FIXTURE.cases)("a run is read as in Python: $name", ({ operations, reason }) => {
  const items = operations && [...FIXTURE.base, ...operations];
  if (reason === null) expect(show(validateOperations(items))).toContain("hello");
  else expect(() => validateOperations(items)).toThrow(new Error(reason));
});

test("a run of ours is accepted as it is", async () => {
  const ops = await readSavedRun(JOKE);
  expect(validateOperations(ops)).toEqual(ops);
});

function chain(depth: number): Operation[] {
  return Array.from({ length: depth }, (_, level): Operation => {
    const parent = level === 0 ? "" : level === 1 ? "/" : String(level - 1);
    const fields = { parent, name: "n", path: "n", kind: "node", status: "done", order: 1 };
    return [0, "tree", level === 0 ? "/" : String(level), fields];
  });
}

test("the levels of the tree are bounded", () => {
  expect(show(validateOperations(chain(256)))).toContain("n");
  expect(() => validateOperations(chain(257))).toThrow(/more than 256 levels deep/);
});

test("the number of rows is bounded", () => {
  const note = (id: number): Operation => [0, "note", String(id), { row: "/", task: "", path: "", text: "", at: 0 }];
  const rows = [...chain(1), ...Array.from({ length: 20_000 }, (_, id) => note(id))];
  expect(() => validateOperations(rows)).toThrow("it has more than 20,000 rows");
  expect(validateOperations(rows.slice(1, 2).concat(chain(1)))).toHaveLength(2);
});

test("the number of operations is bounded", () => {
  const operations = new Array<unknown>(300_001).fill([0, "run", "run", {}]);
  expect(() => validateOperations(operations)).toThrow("it has more than 300,000 operations");
});

test("deep values are refused", () => {
  const value = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) as unknown;
  const items = [...FIXTURE.base, [1, "task", "t", { ask: [{ id: "q", value }] }]];
  expect(() => validateOperations(items)).toThrow("task.ask is no list of questions");
});
