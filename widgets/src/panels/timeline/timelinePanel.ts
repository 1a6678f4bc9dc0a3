/** The timeline: a lane a tree row that ran, a bar a task, bands for the root graph's supersteps. */

import { Scale, span } from "./timeScale";
import { Bands, Spans, place } from "./timelineBands";
import { arrange, button, icon, make, setAttribute, setColor, setText } from "../../dom/dom";
import { clip, count, duration } from "../../dom/format";
import { walk } from "../../model/treeOrder";
import type { TaskRow } from "../../protocol/rows";
import type { Painter, Scene } from "../panel";
import { Scrubber } from "./scrubber";
import { word } from "../../dom/status";
import { type Changes, noChanges } from "../../model/store";
import { Ticks, TokenTimes } from "./tokenTicks";

/** Lanes in the page at once; more come by a button. */
const FOLD = 200;
/** Lanes room is kept for before they are there, so that nothing below moves while the first ones come. */
const LEAST_ROOM = 3;
const MOST_ROOM = 9;

interface Lane {
  element: HTMLElement;
  name: HTMLElement;
  track: HTMLElement;
  ticks: Ticks;
}

interface Bar {
  element: HTMLButtonElement;
  wait: HTMLElement | undefined;
  /** One for each try that failed. */
  retries: HTMLElement[];
}

export class Timeline implements Painter {
  readonly element = make("section", "lgs-timeline");
  private readonly scroller = make("div", "lgs-lanes-scroller");
  private readonly field = make("div", "lgs-field");
  private readonly bands: Bands;
  private readonly spans: Spans;
  private readonly laneList = make("div", "lgs-lanes");
  private readonly over = make("div", "lgs-over");
  private readonly more = button("lgs-more", "", () => this.unfold());
  private readonly scale = new Scale();
  private readonly scrubber: Scrubber;
  private readonly times = new TokenTimes();
  private readonly lanes = new Map<string, Lane>();
  private readonly bars = new Map<string, Bar>();
  /** Tree rows that have a lane, and those of them that have tasks. */
  private readonly ran = new Set<string>();
  private readonly tasked = new Set<string>();
  private shown = new Set<string>();
  private readonly live = new Set<string>();
  private known = 0;
  private limit = FOLD;
  private scaled = "";
  private dragged: { x: number } | undefined;
  private cursor: string | undefined;

  constructor(private readonly scene: Scene) {
    this.bands = new Bands(scene);
    this.spans = new Spans(scene);
    this.scrubber = new Scrubber(scene, this.scale, () => this.rescale());
    this.element.setAttribute("aria-label", "Timeline");
    this.laneList.setAttribute("role", "group");
    this.laneList.setAttribute("aria-label", "Tasks over time; arrow keys move between them");
    this.laneList.addEventListener("click", (event) => this.click(event));
    this.laneList.addEventListener("pointerover", (event) => this.explain(event.target));
    this.laneList.addEventListener("focusin", (event) => this.explain(event.target));
    this.laneList.addEventListener("keydown", (event) => this.press(event));
    this.scroller.addEventListener("wheel", (event) => this.scrubber.wheel(event, this.over.getBoundingClientRect()));
    this.scroller.addEventListener("pointerdown", (event) => this.grab(event));
    this.scroller.addEventListener("pointermove", (event) => this.drag(event));
    this.over.append(this.scrubber.playhead);
    this.field.append(this.bands.element, this.laneList, this.over);
    this.scroller.append(this.field, this.more);
    this.element.append(this.scroller, this.scrubber.element);
  }

  paint(changes: Changes): void {
    const { store } = this.scene;
    const { task, tree, step } = store.tables;
    if (changes.all) {
      this.ran.clear();
      this.tasked.clear();
    }
    const lanesBefore = this.ran.size;
    for (const id of changes.all ? task.keys() : changes.ids.task) {
      const row = task.get(id)?.row;
      if (row === undefined) continue;
      this.ran.add(row);
      this.tasked.add(row);
    }
    const spans = [...(changes.all ? tree.keys() : changes.ids.tree)].filter((id) => this.spans.has(id, this.tasked));
    for (const id of spans) this.ran.add(id);
    if (changes.all || this.ran.size !== lanesBefore || tree.size !== this.known) this.layout();
    if (changes.all) this.forget();
    for (const id of changes.all ? task.keys() : changes.ids.task) this.paintBar(id);
    for (const id of spans) if (this.shown.has(id)) this.spans.paint(id, this.lane(id).track, store.now());
    for (const id of changes.all ? step.keys() : changes.ids.step) this.bands.paint(id);
    const ticked = this.times.follow(store.live);
    this.tick(store.now());
    for (const id of changes.all || store.at !== undefined ? this.shown : ticked) this.paintTicks(id);
  }

  tick(now: number): void {
    const { store } = this.scene;
    this.scale.pass(store.live.now(), span(store.live.now(), store.live.running));
    const { from, seconds } = this.scale;
    if (this.scaled !== `${from} ${seconds}`) {
      this.scaled = `${from} ${seconds}`;
      this.field.style.setProperty("--lgs-t0", from.toFixed(4));
      this.field.style.setProperty("--lgs-s", `${100 / seconds}%`);
      this.element.classList.toggle("lgs-zoomed", this.scale.zoomed);
      for (const id of this.shown) this.paintTicks(id);
    }
    this.scrubber.paint();
    for (const id of this.live) this.stretch(id, now);
    this.bands.tick(now);
    if (store.running) this.spans.tick(now);
  }

  private layout(): void {
    const { tree } = this.scene.store.tables;
    this.known = tree.size;
    const listed: { id: string; level: number }[] = [];
    for (const { id, level } of walk(tree)) {
      if (this.ran.has(id) && this.scene.focus.showsRow(id)) listed.push({ id, level });
    }
    const shown = listed.slice(0, this.limit);
    this.shown = new Set(shown.map(({ id }) => id));
    for (const { id, level } of shown) {
      const { element, name } = this.lane(id);
      setText(name, tree.get(id)?.name ?? "…");
      setAttribute(name, "title", tree.get(id)?.path ?? "");
      element.style.setProperty("--lgs-depth", String(Math.max(0, level - 1)));
    }
    arrange(
      this.laneList,
      shown.map(({ id }) => this.lane(id).element),
    );
    this.more.hidden = listed.length <= this.limit;
    setText(this.more, `${count(listed.length - shown.length)} more lanes`);
    const room = Math.min(Math.max(this.scene.store.live.tables.tree.size - 1, LEAST_ROOM), MOST_ROOM);
    this.element.style.setProperty("--lgs-room", String(room));
  }

  private lane(id: string): Lane {
    let lane = this.lanes.get(id);
    if (lane === undefined) {
      const ticks = new Ticks();
      lane = {
        element: make("div", "lgs-lane"),
        name: make("span", "lgs-lane-name"),
        track: make("div", "lgs-track"),
        ticks,
      };
      lane.track.append(ticks.element);
      lane.element.append(lane.name, lane.track);
      this.lanes.set(id, lane);
    }
    return lane;
  }

  /** Drop the bars and bands of rows that are no more, after the tables were replaced. */
  private forget(): void {
    const { task } = this.scene.store.tables;
    for (const [id, bar] of this.bars) {
      if (task.has(id)) continue;
      bar.element.remove();
      bar.wait?.remove();
      for (const retry of bar.retries) retry.remove();
      this.bars.delete(id);
      this.live.delete(id);
    }
    this.bands.forget();
    this.spans.forget();
  }

  private paintBar(id: string): void {
    const { store, focus } = this.scene;
    const task = store.tables.task.get(id);
    if (task?.row === undefined || !this.shown.has(task.row)) return;
    const row = store.tables.tree.get(task.row);
    const { element } = this.bar(id, task.row);
    const status = task.status ?? "running";
    const open = task.ended === undefined && store.running;
    element.className = `lgs-bar lgs-is-${status}${row?.kind === "subgraph" ? " lgs-thin" : ""}${open ? " lgs-live" : ""}`;
    setColor(element, row?.color);
    setAttribute(element, "aria-label", label(task));
    setAttribute(element, "aria-pressed", String(focus.task === id));
    this.cursor ??= id;
    element.tabIndex = id === this.cursor ? 0 : -1;
    // A question leaves its mark when it is answered: here the run stood.
    const sign = status === "failed" ? status : status === "waiting" || task.question ? "waiting" : undefined;
    if (sign === undefined) element.replaceChildren();
    else if (element.dataset["sign"] !== sign) element.replaceChildren(icon(sign));
    element.dataset["sign"] = sign ?? "";
    if (store.running && (task.ended === undefined || task.released === undefined)) this.live.add(id);
    else this.live.delete(id);
    this.stretch(id, store.now());
  }

  private bar(id: string, row: string): Bar {
    let bar = this.bars.get(id);
    if (bar === undefined) {
      bar = { element: make("button"), wait: undefined, retries: [] };
      bar.element.type = "button";
      bar.element.dataset["task"] = id;
      this.bars.set(id, bar);
    }
    const { track, ticks } = this.lane(row);
    if (bar.element.parentElement !== track) track.insertBefore(bar.element, ticks.element);
    return bar;
  }

  /** From start to end, or to now; hatched from there while its superstep waits for other tasks. */
  private stretch(id: string, now: number): void {
    const task = this.scene.store.tables.task.get(id);
    const bar = this.bars.get(id);
    if (task === undefined || bar === undefined) return;
    const started = task.started ?? 0;
    place(bar.element, started, task.ended ?? now);
    this.markRetries(bar, task, now);
    if (task.ended === undefined) return;
    const released = task.released ?? (this.scene.store.running && task.status === "done" ? now : task.ended);
    if (bar.wait === undefined && released - task.ended > 0.002) {
      bar.wait = make("i", "lgs-wait");
      bar.element.after(bar.wait);
    }
    if (bar.wait === undefined) return;
    bar.wait.style.setProperty("--lgs-c", bar.element.style.getPropertyValue("--lgs-c"));
    place(bar.wait, task.ended, released);
  }

  /** A mark where a try failed, as long as the pause before the next one. */
  private markRetries(bar: Bar, { retries = [], ended }: TaskRow, now: number): void {
    while (bar.retries.length > retries.length) bar.retries.pop()?.remove();
    retries.forEach(([failed, again, error], at) => {
      let mark = bar.retries[at];
      if (mark === undefined) {
        mark = make("i", "lgs-retry", icon("again"));
        bar.retries.push(mark);
      }
      mark.dataset["task"] = bar.element.dataset["task"];
      if (mark.parentElement === null) bar.element.parentElement?.append(mark);
      setAttribute(mark, "title", `try ${at + 1} failed: ${error}; tried again after ${duration(again - failed)}`);
      place(mark, failed, Math.max(failed, Math.min(again, ended ?? now)));
    });
  }

  private paintTicks(id: string): void {
    const times = this.times.byRow.get(id);
    const lane = this.lanes.get(id);
    if (times !== undefined && lane !== undefined) {
      lane.ticks.paint(times, this.scale.seconds, this.scale.from, this.scene.store.at);
    }
  }

  private unfold(): void {
    this.limit += FOLD;
    this.paint(noChanges(true));
  }

  private rescale(): void {
    this.tick(this.scene.store.now());
  }

  /** A drag beside the bars moves what is shown, once it is zoomed. */
  private grab(event: PointerEvent): void {
    const free = this.scale.zoomed && event.button === 0 && (event.target as Element).closest("button") === null;
    this.dragged = free ? { x: event.clientX } : undefined;
  }

  private drag(event: PointerEvent): void {
    if (this.dragged === undefined || (event.buttons & 1) === 0) return;
    this.scroller.setPointerCapture?.(event.pointerId);
    this.scrubber.pan(event.clientX - this.dragged.x, this.over.clientWidth);
    this.dragged.x = event.clientX;
  }

  private explain(target: EventTarget | null): void {
    const element = (target as Element).closest<HTMLElement>(".lgs-bar");
    const task = this.scene.store.tables.task.get(element?.dataset["task"] ?? "");
    if (element === null || task === undefined) return;
    const lines = [label(task)];
    if (task.input) lines.push(`input: ${clip(task.input, 200)}`);
    if (task.update) lines.push(`update: ${clip(task.update, 200)}`);
    if (task.error) lines.push(task.error);
    lines.push(`task ${element.dataset["task"]}`);
    setAttribute(element, "title", lines.join("\n"));
  }

  private click(event: MouseEvent): void {
    const id = (event.target as Element).closest<HTMLElement>("[data-task]")?.dataset["task"];
    if (id === undefined) return;
    this.setCursor(id);
    this.scene.focus.selectTask(this.scene.focus.task === id ? undefined : id);
  }

  private press(event: KeyboardEvent): void {
    const here = this.bars.get(this.cursor ?? "")?.element;
    const lane = here?.closest(".lgs-lane");
    if (here === undefined || !lane) return;
    const inLane = (of: Element | null): HTMLElement[] => [...(of?.querySelectorAll<HTMLElement>(".lgs-bar") ?? [])];
    const bars = inLane(lane);
    const at = bars.indexOf(here);
    const targets: Record<string, HTMLElement | undefined> = {
      ArrowLeft: bars[at - 1],
      ArrowRight: bars[at + 1],
      ArrowUp: inLane(lane.previousElementSibling)[0],
      ArrowDown: inLane(lane.nextElementSibling)[0],
      Home: bars[0],
      End: bars.at(-1),
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    const target = targets[event.key];
    if (target === undefined) return;
    this.setCursor(target.dataset["task"] ?? "");
    target.focus();
  }

  private setCursor(id: string): void {
    const before = this.bars.get(this.cursor ?? "");
    if (before !== undefined) before.element.tabIndex = -1;
    this.cursor = id;
    const bar = this.bars.get(id);
    if (bar !== undefined) bar.element.tabIndex = 0;
  }
}

function label(task: TaskRow): string {
  const parts = [task.node ?? "task", `step ${task.step ?? "?"}`, word(task.status ?? "running")];
  if (task.question && task.status !== "waiting") parts.push("asked");
  if (task.tries !== undefined) parts.push(`tried ${task.tries} times`);
  if (task.cached) parts.push("kept from an earlier run");
  else if (task.ended !== undefined && task.started !== undefined) parts.push(duration(task.ended - task.started));
  return parts.join(", ");
}
