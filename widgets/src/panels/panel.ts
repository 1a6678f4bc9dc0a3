/** The interface that panels implement, and the context that they are created with. `runview.ts` adds panels to the view. */

import type { Selection } from "../model/selection";
import type { Changes } from "../model/store";
import type { TimeCursor } from "../model/timeCursor";
import type { StopMode } from "../protocol/messages";

/** What a panel sees of the connection to the kernel, and what it can ask of it. */
export interface Connection {
  readonly stopMode: StopMode;
  /** True once Stop was requested. */
  readonly isStopping: boolean;
  readonly isConnected: boolean;
  /** True while frames are known to be missing. */
  readonly isCatchingUp: boolean;
  /** What of the run could not be read; "" if nothing. */
  readonly problem: string;
  requestStop(): void;
  /** Answer the open question with this id. */
  answer(id: string, value: unknown): void;
}

/** The connection of a view without a kernel. */
export const NO_CONNECTION: Connection = {
  stopMode: "none",
  isStopping: false,
  isConnected: false,
  isCatchingUp: false,
  problem: "",
  requestStop: () => undefined,
  answer: () => undefined,
};

/** Shared by all panels of one view of one run. */
export interface PanelContext {
  /** The run at the moment that the reader looks at; `cursor.live` is the run as it is now. */
  readonly cursor: TimeCursor;
  readonly selection: Selection;
  readonly connection: Connection;
}

/** A part of the view. Panels read rows and the selection; the only state they keep is their elements. */
export interface Panel {
  readonly element: HTMLElement;
  paint(changes: Changes): void;
  /** Called about ten times a second while the run is running; `now` as returned by `TimeCursor.now`. */
  tick?(now: number): void;
}
