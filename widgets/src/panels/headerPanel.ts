/** The header: status, graph, clock, counts, the filter box, Stop; below it a line where there is something to say. */

import { icon, make, setFacts, setIcon, setText } from "../dom/dom";
import { count, dollars, duration, plural, ticking } from "../dom/format";
import type { RunRow } from "../protocol/rows";
import type { Painter, Scene } from "./panel";
import { runStatus } from "../dom/status";
import type { Changes } from "../model/store";

export class Header implements Painter {
  readonly element = make("div", "lgs-header");
  private readonly status = make("span", "lgs-status");
  private readonly glyph = make("span", "lgs-slot");
  private readonly statusWord = make("span");
  private readonly name = make("span", "lgs-name");
  private readonly elapsed = make("span", "lgs-number lgs-elapsed");
  private readonly step = make("span", "lgs-number");
  private readonly counts = make("span", "lgs-number");
  private readonly behind = make("span", "lgs-behind", "catching up");
  private readonly filter = make("input", "lgs-filter");
  private readonly stop = make("button", "lgs-button lgs-stop");
  private readonly stopWord = make("span", "", "Stop");
  private readonly error = make("div", "lgs-notice lgs-failed");
  private readonly note = make("div", "lgs-notice");
  private readonly leftOut = make("div", "lgs-notice");

  constructor(private readonly scene: Scene) {
    this.status.setAttribute("role", "status");
    this.status.append(this.glyph, this.statusWord);
    this.behind.title = "Messages from the kernel were lost; they have been asked for again.";
    this.prepareFilter();
    this.stop.type = "button";
    this.stop.append(icon("stopped"), this.stopWord);
    this.stop.addEventListener("click", () => this.scene.line.requestStop());
    const bar = make("div", "lgs-bar-row");
    const facts = make("div", "lgs-facts", this.elapsed, this.step, this.counts, this.behind);
    bar.append(this.status, this.name, facts, this.stop, this.filter); // Stop goes with the end: the filter stays
    this.element.append(bar, this.error, this.note, this.leftOut);
  }

  paint(_changes: Changes): void {
    const { store, line } = this.scene;
    const { run } = store;
    const { glyph, text } = runStatus(run, line.connected || !store.live.running);
    setIcon(this.glyph, glyph);
    setText(this.statusWord, text);
    this.status.className = `lgs-status lgs-is-${glyph}`;
    setText(this.name, run.graph ?? "");
    setText(this.step, run.step === undefined ? "" : `step ${run.step}`);
    setFacts(this.counts, counted(run));
    this.behind.hidden = !line.behind;
    this.paintNotices(run);
    this.paintStop();
    this.tick(store.now());
  }

  tick(now: number): void {
    setText(this.elapsed, this.scene.store.running ? ticking(now) : duration(now));
  }

  private paintNotices(run: RunRow): void {
    const { live } = this.scene.store;
    keep(this.error, run.error, live.run.error);
    const noted = ({ note, asks, pause }: RunRow): string => (asks || pause ? "" : (note ?? "")); // a form says it
    keep(this.note, noted(run), noted(live.run));
    if (!this.error.hidden) {
      if (this.error.firstChild === null) this.error.append(icon("failed"), make("span"));
      setText(this.error.lastChild as HTMLElement, run.error ?? "");
    }
    setText(this.note, noted(run));
    const { left_out } = live.run;
    this.leftOut.hidden = !left_out;
    setText(this.leftOut, left_out ? `Left out when the run was saved: ${left_out}.` : "");
  }

  private paintStop(): void {
    const { store, line } = this.scene;
    this.stop.hidden = !store.live.running || !line.connected || line.stopMode === "none";
    const interrupt = line.stopMode === "kernel";
    this.stop.disabled = interrupt || line.stopping;
    this.stop.classList.toggle("lgs-told", interrupt);
    setText(this.stopWord, interrupt ? "Interrupt to stop" : line.stopping ? "Stopping" : "Stop");
    this.stop.title = interrupt
      ? "This cell keeps the kernel busy, so a button here would be heard too late: interrupt the kernel (I, I)."
      : "Stop the run";
  }

  private prepareFilter(): void {
    const { filter } = this;
    filter.type = "search";
    filter.placeholder = "filter: node, tag, text";
    filter.setAttribute("aria-label", "Filter by node, tag or text");
    filter.addEventListener("input", () => this.scene.focus.filter(filter.value));
    filter.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || filter.value === "") return;
      event.stopPropagation();
      filter.value = "";
      this.scene.focus.filter("");
    });
  }
}

/** A line that comes later in the run keeps its room in the moments before: what is below must not move. */
function keep(line: HTMLElement, text: string | undefined, later: string | undefined): void {
  line.hidden = !text && !later;
  line.classList.toggle("lgs-unseen", !text);
}

function counted(run: RunRow): string[] {
  const parts: string[] = [];
  if (run.calls) parts.push(plural(run.calls, "call"));
  if (run.tokens) parts.push(plural(run.tokens, "token"));
  if (run.rate) parts.push(`${count(Math.round(run.rate))} tok/s`);
  if (run.cost) parts.push(dollars(run.cost));
  return parts;
}
