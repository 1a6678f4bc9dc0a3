/** A saved run from anywhere is shown, or refused with a reason; tests/views/saved/test_validation.py does the same. */

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { Store } from "../../src/model/store";
import { readSavedRun } from "../../src/protocol/saved";
import { validateOperations } from "../../src/protocol/validation";
import { RunView } from "../../src/runview";
import type { Operation } from "../../src/protocol/rows";

const NO_CONNECTION = {
  stopMode: "none" as const,
  isStopping: false,
  isConnected: false,
  isCatchingUp: false,
  problem: "",
  requestStop: () => undefined,
  answer: () => undefined,
};

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

test("deep values are refused", () => {
  const value = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) as unknown;
  const items = [...FIXTURE.base, [1, "task", "t", { ask: [{ id: "q", value }] }]];
  expect(() => validateOperations(items)).toThrow("task.ask is no list of questions");
});

const NAMES = ["", "/", "a", "t", "run", "tree", "parent", "row", "status", "started", "done", "__proto__"];
const VALUES = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom<unknown>(...NAMES, 1e308, -1, 0));
const STEP = fc.nat(1000);
const MUTATION = fc.record({
  path: fc.array(STEP, { minLength: 1, maxLength: 7 }),
  kind: fc.constantFrom("replace", "remove", "repeat", "move"),
  value: VALUES,
});

type Holder = Record<string, unknown>;

/** Replace, remove, repeat or move one value somewhere in the run. */
function mutate(run: Holder, { path, kind, value }: { path: number[]; kind: string; value: unknown }): void {
  let holder: Holder = run;
  let key = "ops";
  for (const step of path) {
    const inner = holder[key];
    const keys = typeof inner === "object" && inner !== null ? Object.keys(inner) : [];
    if (keys.length === 0) break;
    holder = inner as Holder;
    key = keys[step % keys.length] as string;
  }
  if (kind === "remove" && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (kind === "remove" && holder !== run) delete holder[key];
  else if (kind === "repeat" && Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(holder[key]));
  else if (kind === "move" && Array.isArray(holder)) holder.push(...(holder.splice(Number(key), 1) as unknown[]));
  else holder[key] = value;
}

test("a mutated run is shown or refused", async () => {
  const runs = [FIXTURE.base, await readSavedRun(JOKE)];
  fc.assert(
    fc.property(fc.constantFrom(...runs), fc.array(MUTATION, { minLength: 1, maxLength: 4 }), (ops, mutations) => {
      const run: Holder = { ops: structuredClone(ops) };
      for (const mutation of mutations) mutate(run, mutation);
      let valid: Operation[];
      try {
        valid = validateOperations(JSON.parse(JSON.stringify(run["ops"])));
      } catch (error) {
        expect((error as Error).message).toMatch(/operation|a row|the parent|the tree row|more than/);
        return;
      }
      show(valid);
    }),
    { numRuns: 300 },
  );
}, 60_000);
