/**
 * The messages and traits between Python and the front end, as documented in `docs/protocol.md`. The Python side is
 * `lgstream/widgets/protocol.py`; tests compare both with `tests/fixtures/protocol.json`.
 */

import type { Operation } from "./rows";

/** Operations sent together; `seq` counts the frames of a run from 1. */
export interface Frame {
  seq: number;
  ops: Operation[];
}

/** From Python: the operations of about 50 ms. */
export interface FrameMessage extends Frame {
  kind: "frame";
}

/** From Python, after a `resync`: missing frames, in order; several messages if they are too large for one. */
export interface FramesMessage {
  kind: "frames";
  frames: Frame[];
}

/** Which output shows the run, and how often it was replaced. */
export interface OutputVersion {
  id: string;
  revision: number;
}

/** From Python: the mime bundle of the output that shows the run, as it was published last. */
export interface OutputMessage {
  kind: "output";
  version: OutputVersion;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

export type PythonMessage = FrameMessage | FramesMessage | OutputMessage;

/** To Python: all frames after the one numbered `after` are needed again. */
export interface ResyncMessage {
  kind: "resync";
  after: number;
}

/** To Python: the reader pressed Stop. */
export interface StopMessage {
  kind: "stop";
}

/** To Python: the answer to the open question with this interrupt id; any JSON. */
export interface AnswerMessage {
  kind: "answer";
  id: string;
  value: unknown;
}

/** To Python: the output in the notebook is older than `output_version` says. */
export interface GetOutputMessage {
  kind: "get_output";
}

export type FrontEndMessage = ResyncMessage | StopMessage | AnswerMessage | GetOutputMessage;

/** "button": Stop sends a message. "kernel": only interrupting the kernel stops the run. "none": nothing to stop. */
export type StopMode = "button" | "kernel" | "none";

/** The traits that Python synchronizes. */
export interface Traits {
  /** The number of the last frame, so that the loss of the last frames is noticed. */
  last_seq: number;
  /** JSON of all operations of a run that has ended; "" while it is running. */
  ops_final: string;
  stop_mode: StopMode;
  /** The id of the widget's model, by which an output refers to it. */
  live_id?: string;
  /** The one panel that the widget shows; missing or "" for the whole view. */
  part?: string;
  /** The version of the output that shows the run; missing or empty before it is replaced for the first time. */
  output_version?: Partial<OutputVersion>;
}
