import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeModel } from "../../dev/fakeModel";
import type { Operation } from "../../src/protocol/rows";
import { Store } from "../../src/model/store";
import type { Traits } from "../../src/protocol/messages";
import { Transport } from "../../src/protocol/transport";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open(traits: Partial<Traits> = {}) {
  const store = new Store(() => undefined);
  const model = new FakeModel(traits);
  const transport = new Transport(model, store);
  return { store, model, transport, text: () => store.tables.call.get("c")?.text ?? "" };
}

const add = (text: string): Operation[] => [[0, "call", "c", "text", text]];
const frame = (seq: number) => ({ kind: "frame", seq, ops: add(String(seq)) });
const frames = (...seqs: number[]) => ({ kind: "frames", frames: seqs.map((seq) => ({ seq, ops: add(String(seq)) })) });

test("frames in order are applied, and nothing is requested", () => {
  const { model, text } = open();
  for (const seq of [1, 2, 3]) model.receive(frame(seq));
  expect(text()).toBe("123");
  expect(model.sent).toEqual([]);
});

test("a frame that arrives twice is applied once", () => {
  const { model, text } = open();
  for (const seq of [1, 1, 2, 1, 2]) model.receive(frame(seq));
  expect(text()).toBe("12");
});

test("missing frames are requested at once, later frames wait, and all are applied in order", () => {
  const { model, transport, text } = open();
  for (const seq of [1, 4, 5]) model.receive(frame(seq));
  expect(model.sent).toEqual([{ kind: "resync", after: 1 }]);
  expect(transport.isCatchingUp).toBe(true);
  expect(text()).toBe("1");
  model.receive(frames(2, 3));
  expect(text()).toBe("12345");
  expect(transport.isCatchingUp).toBe(false);
});

test("a request without an answer is repeated, with delays that double up to eight seconds", () => {
  const { model } = open();
  model.receive(frame(2));
  const asked: number[] = [];
  for (let ms = 0; ms <= 30_000; ms += 100) {
    if (model.sent.length > asked.length) asked.push(ms);
    vi.advanceTimersByTime(100);
  }
  expect(asked.map((at, index) => at - (asked[index - 1] ?? 0)).slice(1)).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
});

test("requests stop once the gap is closed", () => {
  const { model } = open();
  model.receive(frame(2));
  model.receive(frames(1));
  vi.advanceTimersByTime(60_000);
  expect(model.sent).toHaveLength(1);
});

test("an answer in several messages is not requested again after each message", () => {
  const { model, text } = open({ last_seq: 6 });
  model.receive(frames(1, 2));
  model.receive(frames(3, 4));
  model.receive(frames(5, 6));
  expect(text()).toBe("123456");
  expect(model.sent).toEqual([{ kind: "resync", after: 0 }]);
});

test("an answer that loses a message is requested again from there", () => {
  const { model, text } = open({ last_seq: 4 });
  model.receive(frames(1));
  vi.advanceTimersByTime(600);
  expect(model.sent.at(-1)).toEqual({ kind: "resync", after: 1 });
  model.receive(frames(2, 3, 4));
  expect(text()).toBe("1234");
});

test("a view that opens after frames were sent requests all of them", () => {
  const { model } = open({ last_seq: 7 });
  expect(model.sent).toEqual([{ kind: "resync", after: 0 }]);
});

test("last_seq reveals that the last frames were lost", () => {
  const { model } = open();
  model.receive(frame(1));
  model.sync("last_seq", 3);
  expect(model.sent).toEqual([{ kind: "resync", after: 1 }]);
});

test("frames after a gap are drawn if Python does not answer, as in a blocking cell", () => {
  const { model, text } = open();
  for (const seq of [1, 3]) model.receive(frame(seq));
  vi.advanceTimersByTime(2000);
  expect(text()).toBe("13");
  model.receive(frame(4));
  expect(text()).toBe("134");
});

test("when the answer arrives later, everything is applied in order", () => {
  const { model, transport, store, text } = open();
  for (const seq of [1, 3, 6]) model.receive(frame(seq));
  vi.advanceTimersByTime(2000);
  expect(text()).toBe("136");
  model.receive(frames(2));
  expect(text()).toBe("1236");
  model.receive(frames(4, 5));
  expect(text()).toBe("123456");
  expect(store.log.map((op) => op.at(-1)).join("")).toBe("123456");
  expect(transport.isCatchingUp).toBe(false);
});

test("the final operations close any gap, and end the requests", () => {
  const { model, transport, text } = open();
  for (const seq of [1, 3]) model.receive(frame(seq));
  model.sync("ops_final", JSON.stringify(add("whole")));
  expect(text()).toBe("whole");
  expect(transport.isCatchingUp).toBe(false);
  model.receive(frames(2));
  vi.advanceTimersByTime(60_000);
  expect(text()).toBe("whole");
  expect(model.sent).toHaveLength(1);
});

test("final operations do not replace a run that arrived without a gap", () => {
  const { model, text } = open();
  for (const seq of [1, 2]) model.receive(frame(seq));
  model.sync("last_seq", 2);
  model.sync("ops_final", JSON.stringify(add("other")));
  expect(text()).toBe("12");
});

test("a view without a kernel paints the final operations and sends nothing", () => {
  const { model, text } = open({ last_seq: 9, ops_final: JSON.stringify(add("saved")) });
  expect(text()).toBe("saved");
  expect(model.sent).toEqual([]);
});

test("Stop sends one message, and none if only an interrupt of the kernel helps", () => {
  const { model, transport } = open({ stop_mode: "button" });
  transport.requestStop();
  transport.requestStop();
  expect(model.sent).toEqual([{ kind: "stop" }]);
  const told = open({ stop_mode: "kernel" });
  told.transport.requestStop();
  expect(told.model.sent).toEqual([]);
});

test("the stop mode follows the trait", () => {
  const { model, transport } = open({ stop_mode: "none" });
  model.sync("stop_mode", "kernel");
  expect(transport.stopMode).toBe("kernel");
  model.sync("stop_mode", "button");
  expect(transport.stopMode).toBe("button");
});

test("when the kernel disappears, known frames are drawn and requests end", () => {
  const { model, transport, text } = open();
  for (const seq of [1, 3]) model.receive(frame(seq));
  model.fire("comm_live_update");
  vi.advanceTimersByTime(60_000);
  expect(transport.isConnected).toBe(false);
  expect(text()).toBe("13");
  expect(model.sent).toHaveLength(1);
});

test("a closed transport ignores messages", () => {
  const { model, transport, text } = open();
  transport.close();
  model.receive(frame(1));
  expect(text()).toBe("");
});

const ODD_MESSAGES: [string, unknown][] = [
  ["no object", null],
  ["a frame without a number", { kind: "frame", ops: [] }],
  ["a frame without operations", { kind: "frame", seq: 1 }],
  ["an operation that is none", { kind: "frame", seq: 1, ops: [[0, "run", "run", null]] }],
  ["frames that are no list", { kind: "frames", frames: 5 }],
  ["a frame that is none", { kind: "frames", frames: [null] }],
];

test.each(ODD_MESSAGES)("what cannot be read is reported, and the rest of the run is shown: %s", (_, message) => {
  vi.spyOn(console, "warn").mockReturnValue();
  const { model, transport, text } = open();
  model.receive(message);
  for (const seq of [1, 2, 3]) model.receive(frame(seq));
  expect(text()).toMatch(/23$/);
  expect(transport.problem).toMatch(message === null ? /^$/ : /could not be read/);
});

test.each(["5", "[", "[[0]]", "null"])("final operations that are none are reported: %s", (ops_final) => {
  vi.spyOn(console, "warn").mockReturnValue();
  const { transport } = open({ last_seq: 1, ops_final });
  expect(transport.problem).toMatch(/could not be read/);
});
