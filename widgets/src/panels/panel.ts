/** What painters are given, and what they are. */

import type { Focus } from "../model/selection";
import type { Replay } from "../model/timeCursor";
import type { Changes } from "../model/store";
import type { StopMode } from "../protocol/transport";

/** The parts of the transport that a reader sees or presses. */
export interface Line {
  readonly stopMode: StopMode;
  readonly stopping: boolean;
  readonly connected: boolean;
  readonly behind: boolean;
  requestStop(): void;
  /** Answer the question with this id. */
  answer(id: string, value: unknown): void;
}

/** One view of one run. Painters read tables and focus; they keep nothing but elements. */
export interface Scene {
  /** The run at the moment the reader looks at; `store.live` is the run as it is. */
  readonly store: Replay;
  readonly focus: Focus;
  readonly line: Line;
}

export interface Painter {
  readonly element: HTMLElement;
  paint(changes: Changes): void;
  /** Called about ten times a second while the run goes on; `now` as of `Store.now`. */
  tick?(now: number): void;
}
