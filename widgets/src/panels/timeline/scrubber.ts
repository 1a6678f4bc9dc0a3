/** The timeline's axis: a slider over the moments of the run, and how much of it the timeline shows. */

import { Axis, type Scale } from "./timeScale";
import { button, make, setAttribute, setText } from "../../dom/dom";
import { ticking } from "../../dom/format";
import type { Scene } from "../panel";

/** How much nearer one press of a button, key or wheel notch goes. */
const CLOSER = 0.6;

export class Scrubber {
  readonly element = make("div", "lgs-axis-row");
  /** The line across the lanes. */
  readonly playhead = make("i", "lgs-playhead");
  private readonly axis = new Axis();
  private readonly handle = make("i", "lgs-handle");
  private readonly slider = make("div", "lgs-slider", this.axis.element, this.handle);
  private readonly back = button("lgs-live-button", "live", () => this.scene.store.seek(undefined));
  private readonly nearer = button("lgs-zoom", "+", () => this.zoom(CLOSER));
  private readonly farther = button("lgs-zoom", "−", () => this.zoom(1 / CLOSER));
  private panning: number | undefined;

  /** `rescale`: called when the scale was changed here. */
  constructor(
    private readonly scene: Scene,
    private readonly scale: Scale,
    private readonly rescale: () => void,
  ) {
    const { slider } = this;
    slider.tabIndex = 0;
    slider.setAttribute("role", "slider");
    slider.setAttribute("aria-label", "Moment of the run");
    slider.setAttribute("aria-valuemin", "0");
    slider.title = "Drag to look back; with Shift, or on the lanes, to move what is shown. Ctrl and wheel: zoom.";
    slider.addEventListener("pointerdown", (event) => this.grab(event));
    slider.addEventListener("pointermove", (event) => this.drag(event));
    slider.addEventListener("keydown", (event) => this.press(event));
    this.nearer.setAttribute("aria-label", "Zoom in");
    this.farther.setAttribute("aria-label", "Zoom out");
    this.element.append(make("div", "lgs-axis-tools", this.farther, this.nearer, this.back), slider);
  }

  paint(): void {
    const { store } = this.scene;
    const { from, seconds } = this.scale;
    const now = store.now();
    const past = store.at !== undefined;
    this.axis.paint(this.scale);
    const place = (100 * (now - from)) / seconds;
    for (const element of [this.handle, this.playhead]) {
      element.style.left = `${place.toFixed(3)}%`;
      element.hidden = place < 0 || place > 100;
    }
    this.element.classList.toggle("lgs-past", past);
    this.playhead.classList.toggle("lgs-past", past);
    this.back.classList.toggle("lgs-unseen", !past);
    setText(this.back, store.live.running ? "live" : "end");
    this.back.title = store.live.running ? "Back to the present" : "Back to the end of the run";
    this.farther.disabled = !this.scale.zoomed;
    setAttribute(this.slider, "aria-valuemax", store.live.now().toFixed(1));
    setAttribute(this.slider, "aria-valuenow", now.toFixed(1));
    const where = past ? "" : store.live.running ? ", live" : ", the end";
    setAttribute(this.slider, "aria-valuetext", `${ticking(now)}${where}`);
    setAttribute(this.handle, "data-time", past ? ticking(now) : "");
    this.handle.classList.toggle("lgs-late", place > 80);
  }

  /** Ctrl or Meta and wheel zooms around the pointer, Shift or a sideways wheel pans; a plain wheel stays the page's. */
  wheel(event: WheelEvent, field: DOMRect): void {
    const around = this.moment(event.clientX, field);
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) this.scale.zoom(event.deltaY > 0 ? 1 / CLOSER : CLOSER, around);
    else if (this.scale.zoomed && sideways !== 0) this.scale.pan((sideways / field.width) * this.scale.seconds);
    else return;
    event.preventDefault();
    this.rescale();
  }

  /** Move what is shown by a drag of so many of the field's pixels. */
  pan(pixels: number, width: number): void {
    this.scale.pan((-pixels / width) * this.scale.seconds);
    this.rescale();
  }

  private zoom(factor: number): void {
    const now = this.scene.store.now();
    const middle = this.scale.from + this.scale.seconds / 2;
    this.scale.zoom(factor, now >= this.scale.from && now <= this.scale.to ? now : middle);
    this.rescale();
  }

  private moment(x: number, { left, width }: DOMRect): number {
    const part = width > 0 ? (x - left) / width : 0;
    return this.scale.from + Math.min(1, Math.max(0, part)) * this.scale.seconds;
  }

  private grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.slider.setPointerCapture?.(event.pointerId);
    this.panning = event.shiftKey && this.scale.zoomed ? event.clientX : undefined;
    if (this.panning === undefined) this.seek(this.moment(event.clientX, this.slider.getBoundingClientRect()));
  }

  private drag(event: PointerEvent): void {
    if ((event.buttons & 1) === 0) return;
    const field = this.slider.getBoundingClientRect();
    if (this.panning === undefined) this.seek(this.moment(event.clientX, field));
    else {
      this.pan(event.clientX - this.panning, field.width);
      this.panning = event.clientX;
    }
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { store } = this.scene;
    const by = (part: number) => () => this.seek(store.now() + part * this.scale.seconds);
    const moves: Record<string, () => void> = {
      ArrowLeft: by(-0.01),
      ArrowDown: by(-0.01),
      ArrowRight: by(0.01),
      ArrowUp: by(0.01),
      PageDown: by(-0.1),
      PageUp: by(0.1),
      Home: () => this.seek(0),
      End: () => this.seek(Infinity),
      "+": () => this.zoom(CLOSER),
      "-": () => this.zoom(1 / CLOSER),
      "0": () => this.zoom(Infinity),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  private seek(t: number): void {
    const { store } = this.scene;
    store.seek(t === Infinity ? undefined : t);
    if (!this.scale.zoomed) return;
    this.scale.reveal(store.now());
    this.rescale();
  }
}
