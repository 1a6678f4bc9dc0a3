/**
 * The runs whose kernel is known to this page, by the id of the widget's model. They are kept by the page, because the
 * widget and the renderer of saved runs are two bundles, perhaps of two versions of lgstream.
 */

import type { LiveModel } from "./missedOutput";

export interface LiveRun {
  /** The model of its widget; missing in older versions of lgstream. */
  readonly model?: LiveModel;
  /** Shows the run in an element. Returns a function that removes it. */
  show(element: HTMLElement): () => void;
}

interface LiveRuns {
  readonly runs: Map<string, LiveRun>;
  readonly listeners: Set<(id: string) => void>;
}

function liveRuns(): LiveRuns {
  const page = window as unknown as { lgstreamLiveRuns?: LiveRuns };
  return (page.lgstreamLiveRuns ??= { runs: new Map(), listeners: new Set() });
}

/** Add a run, whose model has come into being. Returns a function that removes it. */
export function addLiveRun(id: string, run: LiveRun): () => void {
  const { runs, listeners } = liveRuns();
  runs.set(id, run);
  for (const listener of listeners) listener(id);
  return () => void runs.delete(id);
}

/** Call `use` with the run of this id: now, or once it is added. Returns a function that ends the wait. */
export function whenLive(id: string, use: (run: LiveRun) => void): () => void {
  const { runs, listeners } = liveRuns();
  const listener = (added: string): void => {
    const run = runs.get(id);
    if (added !== id || run === undefined) return;
    listeners.delete(listener);
    use(run);
  };
  listeners.add(listener);
  listener(id);
  return () => void listeners.delete(listener);
}
