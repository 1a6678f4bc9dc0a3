/**
 * Frames from Python into a store, over a channel that loses messages.
 *
 * Python -> here, custom messages:
 *   {kind: "frame", seq, ops}                seq counts from 1; about every 50 ms
 *   {kind: "frames", frames: [{seq, ops}]}   the answer to a resync, in chunks
 *   {kind: "control", stop: "button" | "kernel" | "none"}
 * here -> Python:
 *   {kind: "resync", after}                  after: the last frame of those that came without a gap
 *   {kind: "stop"}
 *   {kind: "answer", id, value}              the answer to an open question (see TaskRow.ask), plain JSON
 * Synced traits: `last_seq` (so that a lost tail is noticed), `ops_final` (JSON of the whole run's operations, "" while
 * it is live), `stop_mode`, `part`.
 */

import type { AnyModel } from "@anywidget/types";
import type { Operation } from "./rows";
import type { Store } from "../model/store";

export type StopMode = "button" | "kernel" | "none";

export interface Traits {
  last_seq: number;
  ops_final: string;
  stop_mode: StopMode;
  /** The one part that the widget is; missing or "" for the whole view. */
  part?: string;
}

export type Model = Pick<AnyModel<Traits>, "get" | "on" | "off" | "send">;

interface Frame {
  seq: number;
  ops: Operation[];
}

type Message = ({ kind: "frame" } & Frame) | { kind: "frames"; frames: Frame[] } | { kind: "control"; stop?: StopMode };

/** Waits before a request for the same gap is repeated: doubling between these, in ms. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
/** Requests without an answer after which we draw across the gap: in a blocking cell Python answers only at its end. */
const PATIENCE = 2;

export class Transport {
  stopMode: StopMode;
  stopping = false;
  /** False once the front end was told that the kernel's side of the model is gone. */
  connected = true;
  private seq = 0;
  private highest = 0;
  private readonly early = new Map<number, Operation[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private finished = false;
  /** While frames after a gap are drawn: where the sound part of the log ends, and which of them are drawn. */
  private ahead: { mark: number; first: number; last: number } | undefined;
  private healed: Operation[][] = [];
  private readonly handlers: [string, (message?: unknown) => void][];

  constructor(
    private readonly model: Model,
    private readonly store: Store,
  ) {
    this.stopMode = model.get("stop_mode") ?? "none";
    this.handlers = [
      ["msg:custom", (message) => this.receive(message as Message)],
      ["change:last_seq", () => this.check()],
      ["change:ops_final", () => this.check()],
      ["change:stop_mode", () => this.setStopMode(this.model.get("stop_mode"))],
      ["comm_live_update", () => this.disconnect()],
    ];
    for (const [name, handler] of this.handlers) model.on(name, handler);
    this.check();
  }

  /** Whether frames are known to be missing. */
  get behind(): boolean {
    return !this.finished && this.highest > this.seq;
  }

  requestStop(): void {
    if (this.stopMode !== "button" || this.stopping) return;
    this.stopping = true;
    this.model.send({ kind: "stop" });
    this.store.notify();
  }

  answer(id: string, value: unknown): void {
    this.model.send({ kind: "answer", id, value });
  }

  close(): void {
    this.rest();
    for (const [name, handler] of this.handlers) this.model.off(name, handler);
  }

  private receive(message: Message): void {
    this.connected = true;
    if (message.kind === "frame") this.take([message]);
    else if (message.kind === "frames") this.take(message.frames);
    else if (message.kind === "control") this.setStopMode(message.stop);
  }

  private setStopMode(mode: StopMode | undefined): void {
    if (mode === undefined) return;
    this.stopMode = mode;
    this.store.notify();
  }

  private disconnect(): void {
    this.connected = false;
    this.rest();
    this.drawAhead();
    this.store.notify();
  }

  private take(frames: readonly Frame[]): void {
    if (this.finished) return;
    for (const { seq, ops } of frames) {
      if (seq > this.seq) this.early.set(seq, ops);
      this.highest = Math.max(this.highest, seq);
    }
    const whole: Operation[][] = [];
    for (let ops = this.early.get(this.seq + 1); ops !== undefined; ops = this.early.get(this.seq + 1)) {
      this.early.delete(++this.seq);
      whole.push(ops);
    }
    if (whole.length > 0 && this.timer !== undefined) this.wait(0);
    if (this.ahead === undefined) {
      if (whole.length > 0) this.store.apply(whole.flat());
    } else {
      this.healed.push(...whole);
      if (this.seq >= this.ahead.first) this.heal();
      else this.drawAhead();
    }
    this.check();
  }

  /** Ask for what is missing, or take the run's final operations instead. */
  private check(): void {
    this.highest = Math.max(this.highest, this.model.get("last_seq") ?? 0);
    const final = this.model.get("ops_final") ?? "";
    if (final !== "" && !this.finished && (this.behind || this.seq === 0)) {
      this.finish(JSON.parse(final) as Operation[]);
    } else if (!this.behind) {
      this.rest();
    } else if (this.timer === undefined) {
      this.ask(0);
    }
  }

  private ask(unanswered: number): void {
    this.model.send({ kind: "resync", after: this.seq });
    this.wait(unanswered);
    this.store.notify();
  }

  private wait(unanswered: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        if (unanswered + 1 >= PATIENCE) this.drawAhead();
        this.ask(unanswered + 1);
      },
      Math.min(FIRST_WAIT * 2 ** unanswered, LONGEST_WAIT),
    );
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private finish(ops: Operation[]): void {
    this.finished = true;
    this.rest();
    this.early.clear();
    this.healed = [];
    this.store.replace(ops);
  }

  /** Draw the frames after a gap, to be drawn again in order by `heal` when the missing ones have come. */
  private drawAhead(): void {
    const after = this.ahead?.last ?? this.seq;
    const next = [...this.early.keys()].filter((seq) => seq > after).sort((a, b) => a - b);
    const [first] = next;
    if (first === undefined) return;
    this.ahead ??= { mark: this.store.log.seal(), first, last: first };
    this.ahead.last = next.at(-1) ?? first;
    this.store.apply(next.flatMap((seq) => this.early.get(seq) ?? []));
  }

  private heal(): void {
    const sound = this.store.log.ops.slice(0, this.ahead?.mark);
    this.store.replace([sound, ...this.healed].flat());
    this.healed = [];
    this.ahead = undefined;
    if (this.early.size > 0) this.drawAhead();
  }
}
