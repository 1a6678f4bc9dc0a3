/** Receives frames from Python over a channel that loses messages, and applies them to a store (`docs/protocol.md`). */

import type { AnyModel } from "@anywidget/types";
import type { Store } from "../model/store";
import type { Frame, FrontEndMessage, StopMode, Traits } from "./messages";
import { type Operation, isOperation } from "./rows";

/** What is used of anywidget's model. */
export type Model = Pick<AnyModel<Traits>, "get" | "on" | "off" | "send">;

/** Delays before a request for the same frames is repeated: doubled each time, between these. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 8000;
/** Unanswered requests before frames after a gap are drawn: in a blocking cell Python answers only when it ends. */
const MAX_UNANSWERED_REQUESTS = 2;

const UNREADABLE = "A part of this run could not be read and is not shown; the browser's console has it.";

export class Transport {
  stopMode: StopMode;
  isStopping = false;
  /** False once the kernel's side of the model is known to be gone. */
  isConnected = true;
  /** What of the run could not be read; "" if nothing. */
  problem = "";
  /** The last frame before the first gap. */
  #lastSeq = 0;
  /** The highest frame that is known to exist. */
  #highestSeq = 0;
  /** Frames that arrived, but after a gap. */
  readonly #waitingFrames = new Map<number, Operation[]>();
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** True once the run was replaced by `ops_final`. */
  #isFinal = false;
  /** While frames after a gap are drawn: the length of the log before the gap, and which frames are drawn. */
  #drawnAhead: { logLength: number; first: number; last: number } | undefined;
  /** Operations of the gap that arrived since. */
  #recovered: Operation[][] = [];
  readonly #handlers: [string, (message?: unknown) => void][];

  constructor(
    private readonly model: Model,
    private readonly store: Store,
  ) {
    this.stopMode = model.get("stop_mode") ?? "none";
    this.#handlers = [
      ["msg:custom", (message) => this.#receive(message)],
      ["change:last_seq", () => this.#checkForGap()],
      ["change:ops_final", () => this.#checkForGap()],
      ["change:stop_mode", () => this.#setStopMode(this.model.get("stop_mode"))],
      ["comm_live_update", () => this.#disconnect()],
    ];
    for (const [name, handler] of this.#handlers) model.on(name, handler);
    this.#checkForGap();
  }

  /** True while frames are known to be missing. */
  get isCatchingUp(): boolean {
    return !this.#isFinal && this.#highestSeq > this.#lastSeq;
  }

  requestStop(): void {
    if (this.stopMode !== "button" || this.isStopping) return;
    this.isStopping = true;
    this.#send({ kind: "stop" });
    this.store.notify();
  }

  answer(id: string, value: unknown): void {
    this.#send({ kind: "answer", id, value });
  }

  close(): void {
    this.#cancelRetry();
    for (const [name, handler] of this.#handlers) this.model.off(name, handler);
  }

  #send(message: FrontEndMessage): void {
    this.model.send(message);
  }

  #receive(message: unknown): void {
    this.isConnected = true;
    const { kind, frames } = Object(message) as { kind?: unknown; frames?: unknown };
    if (kind === "frame") this.#receiveFrames([message]);
    else if (kind === "frames") this.#receiveFrames(this.#list(frames));
  }

  #setStopMode(mode: StopMode | undefined): void {
    if (mode === undefined) return;
    this.stopMode = mode;
    this.store.notify();
  }

  #disconnect(): void {
    this.isConnected = false;
    this.#cancelRetry();
    this.#drawAhead();
    this.store.notify();
  }

  #receiveFrames(frames: readonly unknown[]): void {
    if (this.#isFinal) return;
    for (const frame of frames) {
      if (!isFrame(frame)) {
        this.#report(frame);
        continue;
      }
      const { seq, ops } = frame;
      if (seq > this.#lastSeq) this.#waitingFrames.set(seq, this.#operations(ops));
      this.#highestSeq = Math.max(this.#highestSeq, seq);
    }
    const next: Operation[][] = [];
    for (let ops = this.#takeNextFrame(); ops !== undefined; ops = this.#takeNextFrame()) next.push(ops);
    if (next.length > 0 && this.#retryTimer !== undefined) this.#scheduleRetry(0);
    if (this.#drawnAhead === undefined) {
      if (next.length > 0) this.store.apply(next.flat());
    } else {
      this.#recovered.push(...next);
      if (this.#lastSeq >= this.#drawnAhead.first) this.#closeGap();
      else this.#drawAhead();
    }
    this.#checkForGap();
  }

  #finalOperations(text: string): Operation[] {
    try {
      return this.#operations(JSON.parse(text));
    } catch (error) {
      this.#report(error);
      return [];
    }
  }

  /** The operations in a list; what is no operation is left out and reported. */
  #operations(list: unknown): Operation[] {
    return this.#list(list).filter((item) => {
      const isValid = isOperation(item);
      if (!isValid) this.#report(item);
      return isValid;
    });
  }

  #list(value: unknown): unknown[] {
    if (Array.isArray(value)) return value;
    this.#report(value);
    return [];
  }

  #report(value: unknown): void {
    this.problem = UNREADABLE;
    console.warn("lgstream cannot read this part:", value);
    this.store.notify();
  }

  /** The operations of the frame after `lastSeq`, if it has arrived. */
  #takeNextFrame(): Operation[] | undefined {
    const ops = this.#waitingFrames.get(this.#lastSeq + 1);
    if (ops !== undefined) this.#waitingFrames.delete(++this.#lastSeq);
    return ops;
  }

  /** Request what is missing, or use the run's final operations instead. */
  #checkForGap(): void {
    const last = this.model.get("last_seq");
    if (Number.isSafeInteger(last)) this.#highestSeq = Math.max(this.#highestSeq, last);
    const final = this.model.get("ops_final") ?? "";
    if (final !== "" && !this.#isFinal && (this.isCatchingUp || this.#lastSeq === 0)) {
      this.#replaceByFinal(this.#finalOperations(final));
    } else if (!this.isCatchingUp) {
      this.#cancelRetry();
    } else if (this.#retryTimer === undefined) {
      this.#requestResync(0);
    }
  }

  #requestResync(unanswered: number): void {
    this.#send({ kind: "resync", after: this.#lastSeq });
    this.#scheduleRetry(unanswered);
    this.store.notify();
  }

  #scheduleRetry(unanswered: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(
      () => {
        if (unanswered + 1 >= MAX_UNANSWERED_REQUESTS) this.#drawAhead();
        this.#requestResync(unanswered + 1);
      },
      Math.min(FIRST_RETRY_MS * 2 ** unanswered, MAX_RETRY_MS),
    );
  }

  #cancelRetry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  #replaceByFinal(ops: Operation[]): void {
    this.#isFinal = true;
    this.#cancelRetry();
    this.#waitingFrames.clear();
    this.#recovered = [];
    this.store.replace(ops);
  }

  /** Draw the frames after a gap. `closeGap` applies them again, in order, once the missing ones have arrived. */
  #drawAhead(): void {
    const after = this.#drawnAhead?.last ?? this.#lastSeq;
    const next = [...this.#waitingFrames.keys()].filter((seq) => seq > after).sort((a, b) => a - b);
    const [first] = next;
    if (first === undefined) return;
    this.#drawnAhead ??= { logLength: this.store.log.length, first, last: first };
    this.#drawnAhead.last = next.at(-1) ?? first;
    this.store.apply(next.flatMap((seq) => this.#waitingFrames.get(seq) ?? []));
  }

  #closeGap(): void {
    const beforeGap = this.store.log.slice(0, this.#drawnAhead?.logLength);
    this.store.replace([beforeGap, ...this.#recovered].flat());
    this.#recovered = [];
    this.#drawnAhead = undefined;
    if (this.#waitingFrames.size > 0) this.#drawAhead();
  }
}

function isFrame(value: unknown): value is Pick<Frame, "seq"> & { ops: unknown } {
  return Number.isSafeInteger((Object(value) as Partial<Frame>).seq);
}
