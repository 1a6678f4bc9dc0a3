/** When views paint: in animation frames, sharing the time of each frame. */

/** Milliseconds into an animation frame after which a view waits for the next frame, as other views used this one. */
const BUSY_FRAME_MS = 12;
/** A frame that starts this late was delayed by something other than views; waiting for another would not help. */
const DELAYED_FRAME_MS = 100;
/** How many frames a view skips at most. */
const MAX_SKIPPED_FRAMES = 4;

/** Run `flush` in the next animation frame, or in a later one if other views have used that frame's time. */
export function scheduleFrame(flush: () => void, skippedFrames = 0): void {
  requestAnimationFrame((start) => {
    const elapsed = performance.now() - start;
    const isBusy = elapsed > BUSY_FRAME_MS && elapsed < DELAYED_FRAME_MS;
    if (isBusy && skippedFrames < MAX_SKIPPED_FRAMES) scheduleFrame(flush, skippedFrames + 1);
    else flush();
  });
}
