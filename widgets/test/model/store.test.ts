import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import type { Operation } from "../../src/protocol/rows";
import { scheduleFrame } from "../../src/model/frameScheduler";
import { type Changes, Store, applyOperation, emptyTables } from "../../src/model/store";

afterEach(() => vi.restoreAllMocks());

function manual(clock = () => 0): { store: Store; frames: (() => void)[] } {
  const frames: (() => void)[] = [];
  return { store: new Store((flush) => frames.push(flush), clock), frames };
}

test("a put creates the row, and later overwrites only the named fields", () => {
  const { store } = manual();
  store.apply([
    [0, "call", "c", { text: "a", model: "m" }],
    [1, "call", "c", { model: "n" }],
  ]);
  expect(store.tables.call.get("c")).toEqual({ text: "a", model: "n" });
});

test("an add appends, and creates row and field if a lost frame did not", () => {
  const { store } = manual();
  store.apply([
    [0, "call", "c", "text", "a"],
    [0, "call", "c", "text", "b"],
  ]);
  expect(store.tables.call.get("c")?.text).toBe("ab");
});

test("listeners are called once per animation frame, with every row that changed", () => {
  const { store, frames } = manual();
  const heard: Changes[] = [];
  store.subscribe((changes) => heard.push(changes));
  store.apply([
    [0, "call", "a", {}],
    [0, "tree", "/", {}],
  ]);
  store.apply([[0, "call", "b", {}]]);
  expect(frames).toHaveLength(1);
  frames[0]?.();
  expect(heard).toHaveLength(1);
  expect([...(heard[0]?.ids.call ?? [])]).toEqual(["a", "b"]);
  expect([...(heard[0]?.ids.tree ?? [])]).toEqual(["/"]);
});

test("after a frame, the set of changed rows is empty", () => {
  const { store } = manual();
  const listener = vi.fn();
  store.apply([[0, "call", "a", {}]]);
  store.flush();
  store.subscribe(listener);
  store.flush();
  expect(listener.mock.calls[0]?.[0].ids.call.size).toBe(0);
});

test("the log holds every operation in order, so a second store replays the run to any moment", () => {
  const { store } = manual();
  const ops: Operation[] = [
    [0, "call", "c", { text: "" }],
    [1, "call", "c", "text", "a"],
    [2, "call", "c", "text", "b"],
  ];
  store.apply(ops);
  const past = manual().store;
  past.apply(store.log.filter(([t]) => t <= 1));
  expect(past.tables.call.get("c")?.text).toBe("a");
});

test("replace discards the rows and reports that everything changed", () => {
  const { store, frames } = manual();
  store.apply([[0, "call", "old", {}]]);
  frames.pop()?.();
  const listener = vi.fn();
  store.subscribe(listener);
  store.replace([[0, "call", "new", {}]]);
  store.flush();
  expect([...store.tables.call.keys()]).toEqual(["new"]);
  expect(listener.mock.calls[0]?.[0].all).toBe(true);
});

test("operations on a table of a newer lgstream are kept in the log and ignored otherwise", () => {
  const { store } = manual();
  store.apply([[0, "future", "x", {}] as unknown as Operation, [0, "run", "run", { graph: "g" }]]);
  expect(store.run.graph).toBe("g");
  expect(store.log).toHaveLength(2);
});

test("the clock runs from the least delayed operation, and stops at the end of the run", () => {
  let page = 10_000;
  const { store } = manual(() => page);
  store.apply([[1, "run", "run", { status: "running" }]]);
  page += 500;
  expect(store.now()).toBeCloseTo(1.5);
  store.apply([[1.4, "run", "run", {}]]); // 0.1 s late: the clock does not go back
  expect(store.now()).toBeCloseTo(1.5);
  store.apply([[2, "run", "run", { status: "done", ended: 2 }]]);
  page += 9000;
  expect(store.now()).toBe(2);
});

/** Animation frames, of which `spent` says how many milliseconds are gone when it is a view's turn. */
function animation(): (spent: number) => void {
  let waiting: FrameRequestCallback[] = [];
  vi.spyOn(globalThis, "requestAnimationFrame").mockImplementation((frame) => waiting.push(frame));
  return (spent) => {
    const now = performance.now();
    for (const frame of waiting.splice(0)) frame(now - spent);
  };
}

test("a view is painted in the next frame if other views left time in it", () => {
  const [frame, paint] = [animation(), vi.fn()];
  scheduleFrame(paint);
  frame(30);
  expect(paint).not.toHaveBeenCalled();
  frame(1);
  expect(paint).toHaveBeenCalledOnce();
});

test("a view does not wait forever for a frame with time left", () => {
  const [frame, paint] = [animation(), vi.fn()];
  scheduleFrame(paint);
  for (let n = 0; n < 6; n++) frame(30);
  expect(paint).toHaveBeenCalledOnce();
});

test("a view does not wait if the frame itself was late", () => {
  const [frame, paint] = [animation(), vi.fn()];
  scheduleFrame(paint);
  frame(400);
  expect(paint).toHaveBeenCalledOnce();
});

test("operations build the rows that they build in Python", () => {
  const { operations, tables } = JSON.parse(readFileSync("../tests/fixtures/operations.json", "utf8")) as {
    operations: Operation[];
    tables: Record<string, Record<string, object>>;
  };
  const built = emptyTables();
  for (const op of operations) applyOperation(built, op);
  const rows = Object.entries(built).map(([table, byId]) => [table, Object.fromEntries(byId as Map<string, object>)]);
  expect(Object.fromEntries(rows)).toEqual(tables);
});
