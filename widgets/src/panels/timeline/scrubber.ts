/** The axis of the timeline as a slider over the moments of the run, with buttons to zoom. */

import { TimeAxis, type TimeScale } from "./timeScale";
import { button, make, setAttribute, setText } from "../../dom/dom";
import { formatClock } from "../../dom/format";
import type { PanelContext } from "../panel";

/** Each press of a button or key and each wheel notch multiplies the seconds shown by this, or divides them. */
const ZOOM_FACTOR = 0.6;
/** The fraction of a second range that arrow and page keys move by. */
const ARROW_STEP = 0.01;
const PAGE_STEP = 0.1;
/** From this percentage on, the time of the handle is shown to its left. */
const LABEL_LEFT_FROM_PERCENT = 80;

export class Scrubber {
  readonly element = make("div", "lgs-axis-row");
  /** The line across the lanes. */
  readonly playhead = make("i", "lgs-playhead");
  readonly #axis = new TimeAxis();
  readonly #handle = make("i", "lgs-handle");
  readonly #slider = make("div", "lgs-slider", this.#axis.element, this.#handle);
  readonly #presentButton = button("lgs-live-button", "live", () => this.context.cursor.seek(undefined));
  readonly #zoomInButton = button("lgs-zoom", "+", () => this.#zoom(ZOOM_FACTOR));
  readonly #zoomOutButton = button("lgs-zoom", "−", () => this.#zoom(1 / ZOOM_FACTOR));
  /** While the reader drags the scale: the last x coordinate of the pointer. */
  #panX: number | undefined;

  /** `onRescale`: called after the scale was changed here. */
  constructor(
    private readonly context: PanelContext,
    private readonly scale: TimeScale,
    private readonly onRescale: () => void,
  ) {
    const slider = this.#slider;
    slider.tabIndex = 0;
    slider.setAttribute("role", "slider");
    slider.setAttribute("aria-label", "Moment of the run");
    slider.setAttribute("aria-valuemin", "0");
    slider.title = "Drag to look back; with Shift, or on the lanes, to move what is shown. Ctrl and wheel: zoom.";
    slider.addEventListener("pointerdown", (event) => this.#onPointerDown(event));
    slider.addEventListener("pointermove", (event) => this.#onPointerMove(event));
    slider.addEventListener("keydown", (event) => this.#onKeyDown(event));
    this.#zoomInButton.setAttribute("aria-label", "Zoom in");
    this.#zoomOutButton.setAttribute("aria-label", "Zoom out");
    this.element.append(
      make("div", "lgs-axis-tools", this.#zoomOutButton, this.#zoomInButton, this.#presentButton),
      slider,
    );
  }

  paint(): void {
    const { cursor } = this.context;
    const { from, seconds } = this.scale;
    const now = cursor.now();
    const isPast = cursor.time !== undefined;
    this.#axis.paint(this.scale);
    const percent = (100 * (now - from)) / seconds;
    for (const element of [this.#handle, this.playhead]) {
      element.style.left = `${percent.toFixed(3)}%`;
      element.hidden = percent < 0 || percent > 100;
    }
    this.element.classList.toggle("lgs-past", isPast);
    this.playhead.classList.toggle("lgs-past", isPast);
    this.#presentButton.classList.toggle("lgs-unseen", !isPast);
    setText(this.#presentButton, cursor.live.isRunning ? "live" : "end");
    this.#presentButton.title = cursor.live.isRunning ? "Back to the present" : "Back to the end of the run";
    this.#zoomOutButton.disabled = !this.scale.isZoomed;
    setAttribute(this.#slider, "aria-valuemax", cursor.live.now().toFixed(1));
    setAttribute(this.#slider, "aria-valuenow", now.toFixed(1));
    const suffix = isPast ? "" : cursor.live.isRunning ? ", live" : ", the end";
    setAttribute(this.#slider, "aria-valuetext", `${formatClock(now)}${suffix}`);
    setAttribute(this.#handle, "data-time", isPast ? formatClock(now) : "");
    this.#handle.classList.toggle("lgs-late", percent > LABEL_LEFT_FROM_PERCENT);
  }

  /** With Ctrl or Meta the wheel zooms around the pointer; with Shift or sideways it pans; else it scrolls the page. */
  onWheel(event: WheelEvent, field: DOMRect): void {
    const around = this.#timeAt(event.clientX, field);
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) this.scale.zoom(event.deltaY > 0 ? 1 / ZOOM_FACTOR : ZOOM_FACTOR, around);
    else if (this.scale.isZoomed && sideways !== 0) this.scale.pan((sideways / field.width) * this.scale.seconds);
    else return;
    event.preventDefault();
    this.onRescale();
  }

  /** Move the range shown after a drag by this many of the field's pixels. */
  pan(pixels: number, width: number): void {
    this.scale.pan((-pixels / width) * this.scale.seconds);
    this.onRescale();
  }

  #zoom(factor: number): void {
    const now = this.context.cursor.now();
    const middle = this.scale.from + this.scale.seconds / 2;
    this.scale.zoom(factor, now >= this.scale.from && now <= this.scale.to ? now : middle);
    this.onRescale();
  }

  #timeAt(x: number, { left, width }: DOMRect): number {
    const fraction = width > 0 ? (x - left) / width : 0;
    return this.scale.from + Math.min(1, Math.max(0, fraction)) * this.scale.seconds;
  }

  #onPointerDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#slider.setPointerCapture?.(event.pointerId);
    this.#panX = event.shiftKey && this.scale.isZoomed ? event.clientX : undefined;
    if (this.#panX === undefined) this.#seek(this.#timeAt(event.clientX, this.#slider.getBoundingClientRect()));
  }

  #onPointerMove(event: PointerEvent): void {
    if ((event.buttons & 1) === 0) return;
    const field = this.#slider.getBoundingClientRect();
    if (this.#panX === undefined) this.#seek(this.#timeAt(event.clientX, field));
    else {
      this.pan(event.clientX - this.#panX, field.width);
      this.#panX = event.clientX;
    }
  }

  #onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { cursor } = this.context;
    const by = (fraction: number) => () => this.#seek(cursor.now() + fraction * this.scale.seconds);
    const moves: Record<string, () => void> = {
      ArrowLeft: by(-ARROW_STEP),
      ArrowDown: by(-ARROW_STEP),
      ArrowRight: by(ARROW_STEP),
      ArrowUp: by(ARROW_STEP),
      PageDown: by(-PAGE_STEP),
      PageUp: by(PAGE_STEP),
      Home: () => this.#seek(0),
      End: () => this.#seek(Infinity),
      "+": () => this.#zoom(ZOOM_FACTOR),
      "-": () => this.#zoom(1 / ZOOM_FACTOR),
      "0": () => this.#zoom(Infinity),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  #seek(t: number): void {
    const { cursor } = this.context;
    cursor.seek(t === Infinity ? undefined : t);
    if (!this.scale.isZoomed) return;
    this.scale.reveal(cursor.now());
    this.onRescale();
  }
}
