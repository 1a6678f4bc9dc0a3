/**
 * Saved runs and messages with something wrong anywhere in them are shown or refused. FUZZ_RUNS sets how many are tried,
 * FUZZ_SEED which ones; tests/views/saved/test_fuzz.py does the same in Python.
 */

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { deflateSync, inflateSync } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeModel } from "../../dev/fakeModel";
import { Store } from "../../src/model/store";
import type { Traits } from "../../src/protocol/messages";
import type { Operation } from "../../src/protocol/rows";
import { readSavedRun } from "../../src/protocol/saved";
import { Transport } from "../../src/protocol/transport";
import { validateOperations } from "../../src/protocol/validation";
import { RunView } from "../../src/runview";

const NUM_RUNS = Number(process.env["FUZZ_RUNS"] ?? 2000);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
/** Runs that are painted, which takes longer. */
const NUM_SHOWN = Math.ceil(NUM_RUNS / 20);
const MAX_CPU_MS = 1000;
const TIMEOUT_MS = 60_000 + NUM_RUNS * 20;

const BASE = (JSON.parse(readFileSync("../tests/fixtures/saved_runs.json", "utf8")) as { base: Operation[] }).base;
const FILE = Buffer.from(
  (JSON.parse(readFileSync("../tests/views/goldens/joke.run.json", "utf8")) as { operations: string }).operations,
  "base64",
);
const JOKE = JSON.parse(inflateSync(FILE).toString()) as Operation[];

beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});
afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const NAMES = ["", "/", "a", "t", "run", "tree", "frame", "parent", "row", "status", "started", "done", "__proto__"];
const MUTATION = fc.record({
  path: fc.array(fc.nat(1000), { minLength: 1, maxLength: 7 }),
  kind: fc.constantFrom("replace", "rename", "remove", "repeat", "move"),
  value: fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom<unknown>(...NAMES, 1e308, -1, 0, 1e15, 0.5)),
  name: fc.constantFrom(...NAMES),
});
const MUTATIONS = fc.array(MUTATION, { minLength: 1, maxLength: 4 });
type Mutation = typeof MUTATION extends fc.Arbitrary<infer T> ? T : never;
type Holder = Record<string, unknown>;

/** A copy with values replaced, removed, repeated or moved anywhere in it. */
function mutated<T>(original: T, mutations: readonly Mutation[]): unknown {
  const holder: Holder = { value: structuredClone(original) };
  for (const mutation of mutations) mutate(holder, mutation);
  return JSON.parse(JSON.stringify(holder["value"] ?? null)) as unknown;
}

function mutate(root: Holder, { path, kind, value, name }: Mutation): void {
  let holder = root;
  let key = "value";
  for (const step of path) {
    const inner = holder[key];
    const keys = typeof inner === "object" && inner !== null ? Object.keys(inner) : [];
    if (keys.length === 0) break;
    holder = inner as Holder;
    key = keys[step % keys.length] as string;
  }
  if (Array.isArray(holder)) {
    if (kind === "remove") holder.splice(Number(key), 1);
    else if (kind === "repeat") holder.splice(Number(key), 0, structuredClone(holder[key]));
    else if (kind === "move") holder.push(...(holder.splice(Number(key), 1) as unknown[]));
    else holder[key] = value;
  } else if (holder !== root && kind === "remove") delete holder[key];
  else if (holder !== root && kind === "rename") holder[name] = holder[key];
  else holder[key] = value;
}

/** Fail if `work` takes longer than a page may stand still. Processor time: the machine may be busy. */
function timed<T>(work: () => T): T {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(MAX_CPU_MS);
  return result;
}

/** What the view says that it cannot show; it looks at everything, at the end of the run and at its start. */
function problemOf(view: RunView, store: Store): string {
  for (const button of view.element.querySelectorAll<HTMLButtonElement>(".lgs-tab")) button.click();
  store.flush();
  const slider = view.element.querySelector('[role="slider"]');
  for (const key of ["Home", "PageUp", "End"]) {
    slider?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    store.flush();
  }
  view.destroy();
  return view.element.querySelector('[role="alert"]:not([hidden])')?.textContent ?? "";
}

function validOperations(run: unknown): Operation[] | undefined {
  try {
    return timed(() => validateOperations(run));
  } catch (error) {
    expect((error as Error).message).toMatch(/^(its operations|operation \d|it has|a row|the parent|the tree row)/);
    return undefined;
  }
}

const ORIGINALS = fc.constantFrom(BASE, JOKE);

test(
  "a mutated run is accepted, or refused with a reason",
  () => {
    const property = fc.property(ORIGINALS, MUTATIONS, (run, mutations) => {
      validOperations(mutated(run, mutations));
    });
    fc.assert(property, { numRuns: NUM_RUNS, seed: SEED });
  },
  TIMEOUT_MS,
);

test(
  "a mutated run that is accepted can be shown, at every moment",
  () => {
    const property = fc.property(ORIGINALS, MUTATIONS, (run, mutations) => {
      const ops = validOperations(mutated(run, mutations));
      if (ops === undefined) return;
      const store = new Store(() => undefined);
      store.replace(ops);
      const connection = { stopMode: "none" as const, isStopping: false, isConnected: false, isCatchingUp: false };
      const context = { ...connection, problem: "", requestStop: () => undefined, answer: () => undefined };
      expect(timed(() => problemOf(new RunView(store, context), store))).toBe("");
    });
    fc.assert(property, { numRuns: NUM_SHOWN, seed: SEED });
  },
  TIMEOUT_MS,
);

const CHANGES = fc.array(
  fc.record({ at: fc.nat(100_000), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) }),
  {
    minLength: 1,
    maxLength: 3,
  },
);

test.each(["compressed bytes", "bytes of JSON"])(
  "a file with mutated %s is read, or rejected with an Error",
  async (where) => {
    const property = fc.asyncProperty(CHANGES, async (changes) => {
      let bytes: Buffer = where === "bytes of JSON" ? inflateSync(FILE) : FILE;
      for (const { at, remove, insert } of changes) {
        const start = at % bytes.length;
        bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
      }
      if (where === "bytes of JSON") bytes = deflateSync(bytes);
      const outcome = await readSavedRun({ operations: bytes.toString("base64") }).catch((error: unknown) => error);
      expect(Array.isArray(outcome) || outcome instanceof Error).toBe(true);
    });
    await fc.assert(property, { numRuns: NUM_RUNS / 4, seed: SEED });
  },
  TIMEOUT_MS,
);

const MESSAGES = [BASE, JOKE].map((ops) => [
  { kind: "frame", seq: 1, ops: ops.slice(0, 3) },
  { kind: "frames", frames: [2, 3].map((seq) => ({ seq, ops: ops.slice(seq * 3 - 3, seq * 3) })) },
  { kind: "frame", seq: 4, ops: ops.slice(9) },
]);
const TRAITS = fc.record<Partial<Record<keyof Traits, unknown>>>(
  { last_seq: fc.jsonValue(), stop_mode: fc.jsonValue(), ops_final: fc.oneof(fc.json(), fc.string()) },
  { requiredKeys: [] },
);

/** Send messages and traits to a transport, and to the view of its run if `isShown`. */
function receive(messages: unknown, traits: object, isShown: boolean): void {
  const model = new FakeModel();
  const store = new Store(() => undefined);
  const transport = new Transport(model, store);
  timed(() => {
    const view = isShown ? new RunView(store, transport) : undefined;
    for (const message of Array.isArray(messages) ? (messages as unknown[]) : [messages]) model.receive(message);
    store.flush();
    for (const [name, value] of Object.entries(traits)) model.sync(name as keyof Traits, value as never);
    store.flush();
    if (view !== undefined) problemOf(view, store);
  });
  transport.close();
}

test.each([
  ["transport", NUM_RUNS, false],
  ["view", NUM_SHOWN, true],
])(
  "a live %s survives any messages and traits",
  (_, numRuns, isShown) => {
    const property = fc.property(fc.constantFrom(...MESSAGES), MUTATIONS, TRAITS, (original, mutations, traits) => {
      receive(mutated(original, mutations), traits, isShown);
    });
    fc.assert(property, { numRuns, seed: SEED });
  },
  TIMEOUT_MS,
);
