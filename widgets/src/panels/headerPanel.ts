/** The header: status, graph, clock, counts, the filter box and Stop; below it notices, if there are any. */

import { icon, make, setFacts, setIcon, setText } from "../dom/dom";
import { formatNumber, formatDollars, formatDuration, formatCount, formatClock } from "../dom/format";
import type { RunRow } from "../protocol/rows";
import type { Panel, PanelContext } from "./panel";
import { runStatus } from "../dom/status";
import type { Changes } from "../model/store";

export class HeaderPanel implements Panel {
  readonly element = make("div", "lgs-header");
  readonly #status = make("span", "lgs-status");
  readonly #glyph = make("span", "lgs-slot");
  readonly #statusText = make("span");
  readonly #name = make("span", "lgs-name");
  readonly #elapsed = make("span", "lgs-number lgs-elapsed");
  readonly #step = make("span", "lgs-number");
  readonly #counts = make("span", "lgs-number");
  readonly #catchingUp = make("span", "lgs-behind", "catching up");
  readonly #filter = make("input", "lgs-filter");
  readonly #stop = make("button", "lgs-button lgs-stop");
  readonly #stopText = make("span", "", "Stop");
  readonly #error = make("div", "lgs-notice lgs-failed");
  readonly #note = make("div", "lgs-notice");
  readonly #leftOut = make("div", "lgs-notice");

  constructor(private readonly context: PanelContext) {
    this.#status.setAttribute("role", "status");
    this.#status.append(this.#glyph, this.#statusText);
    this.#catchingUp.title = "Messages from the kernel were lost; they have been asked for again.";
    this.#prepareFilter();
    this.#stop.type = "button";
    this.#stop.append(icon("stopped"), this.#stopText);
    this.#stop.addEventListener("click", () => this.context.connection.requestStop());
    const bar = make("div", "lgs-bar-row");
    const facts = make("div", "lgs-facts", this.#elapsed, this.#step, this.#counts, this.#catchingUp);
    bar.append(this.#status, this.#name, facts, this.#stop, this.#filter); // Stop disappears when the run ends; the filter keeps its place
    this.element.append(bar, this.#error, this.#note, this.#leftOut);
  }

  paint(_changes: Changes): void {
    const { cursor, connection } = this.context;
    const { run } = cursor;
    const { glyph, text } = runStatus(run, connection.isConnected || !cursor.live.isRunning);
    setIcon(this.#glyph, glyph);
    setText(this.#statusText, text);
    this.#status.className = `lgs-status lgs-is-${glyph}`;
    setText(this.#name, run.graph ?? "");
    setText(this.#step, run.step === undefined ? "" : `step ${run.step}`);
    setFacts(this.#counts, countFacts(run));
    this.#catchingUp.hidden = !connection.isCatchingUp;
    this.#paintNotices(run);
    this.#paintStop();
    this.tick(cursor.now());
  }

  tick(now: number): void {
    setText(this.#elapsed, this.context.cursor.isRunning ? formatClock(now) : formatDuration(now));
  }

  #paintNotices(run: RunRow): void {
    const { live } = this.context.cursor;
    showOrReserve(this.#error, run.error, live.run.error);
    // While the kernel waits for an answer, a form says so.
    const noteOf = ({ note, asks, pause }: RunRow): string => (asks || pause ? "" : (note ?? ""));
    showOrReserve(this.#note, noteOf(run), noteOf(live.run));
    if (!this.#error.hidden) {
      if (this.#error.firstChild === null) this.#error.append(icon("failed"), make("span"));
      setText(this.#error.lastChild as HTMLElement, run.error ?? "");
    }
    setText(this.#note, noteOf(run));
    const { left_out, saved_at } = live.run;
    const missing: string[] = [];
    if (saved_at !== undefined)
      missing.push(`Saved ${formatDuration(saved_at)} after the start of the run, before its end.`);
    if (left_out) missing.push(`Left out when the run was saved: ${left_out}.`);
    this.#leftOut.hidden = missing.length === 0;
    setText(this.#leftOut, missing.join(" "));
  }

  #paintStop(): void {
    const { cursor, connection } = this.context;
    this.#stop.hidden = !cursor.live.isRunning || !connection.isConnected || connection.stopMode === "none";
    const needsInterrupt = connection.stopMode === "kernel";
    this.#stop.disabled = needsInterrupt || connection.isStopping;
    this.#stop.classList.toggle("lgs-told", needsInterrupt);
    setText(this.#stopText, needsInterrupt ? "Interrupt to stop" : connection.isStopping ? "Stopping" : "Stop");
    this.#stop.title = needsInterrupt
      ? "This cell keeps the kernel busy, so a button here would act too late: interrupt the kernel (I, I)."
      : "Stop the run";
  }

  #prepareFilter(): void {
    const filter = this.#filter;
    filter.type = "search";
    filter.placeholder = "filter: node, tag, text";
    filter.setAttribute("aria-label", "Filter by node, tag or text");
    filter.addEventListener("input", () => this.context.selection.filter(filter.value));
    filter.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || filter.value === "") return;
      event.stopPropagation();
      filter.value = "";
      this.context.selection.filter("");
    });
  }
}

/** Show a notice if it has text now; if it gets text later in the run, reserve its space: nothing below must move. */
function showOrReserve(notice: HTMLElement, text: string | undefined, liveText: string | undefined): void {
  notice.hidden = !text && !liveText;
  notice.classList.toggle("lgs-unseen", !text);
}

function countFacts(run: RunRow): string[] {
  const facts: string[] = [];
  if (run.calls) facts.push(formatCount(run.calls, "call"));
  if (run.tokens) facts.push(formatCount(run.tokens, "token"));
  if (run.rate) facts.push(`${formatNumber(Math.round(run.rate))} tok/s`);
  if (run.cost) facts.push(formatDollars(run.cost));
  return facts;
}
