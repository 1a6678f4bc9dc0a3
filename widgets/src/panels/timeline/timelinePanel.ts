/** The timeline: a lane per tree row that ran, a bar per task, and bands for the root graph's supersteps. */

import { TimeScale, timelineSeconds } from "./timeScale";
import { SuperstepBands, SubgraphSpans, setTimeRange } from "./timelineBands";
import { arrange, button, icon, make, setAttribute, setColor, setText } from "../../dom/dom";
import { clip, formatNumber, formatDuration } from "../../dom/format";
import { walkTree } from "../../model/treeOrder";
import type { TaskRow } from "../../protocol/rows";
import type { Panel, PanelContext } from "../panel";
import { Scrubber } from "./scrubber";
import { statusWord } from "../../dom/status";
import { type Changes, noChanges } from "../../model/store";
import { TokenTicks, TokenTimestamps } from "./tokenTicks";

/** Lanes in the page at first, and how many more a press of the button adds. */
const LANES_PER_PAGE = 200;
/** Space is reserved for this many lanes, so that nothing below moves when the first ones appear. */
const MIN_RESERVED_LANES = 3;
const MAX_RESERVED_LANES = 9;
/** Bars that are drawn in any case. Of more that would look the same, one is drawn. */
const MIN_BARS = 500;
/** Positions on the timeline that can be told apart. */
const POSITIONS = 1000;
/** Waiting times shorter than this (s) are not drawn. */
const MIN_WAIT_SECONDS = 0.002;

interface TimelineLane {
  element: HTMLElement;
  name: HTMLElement;
  track: HTMLElement;
  ticks: TokenTicks;
}

interface TaskBar {
  element: HTMLButtonElement;
  /** The hatched part after the bar, while the task's superstep waits for other tasks. */
  wait: HTMLElement | undefined;
  /** One for each attempt that failed. */
  retries: HTMLElement[];
}

export class TimelinePanel implements Panel {
  readonly element = make("section", "lgs-timeline");
  readonly #scroller = make("div", "lgs-lanes-scroller");
  readonly #field = make("div", "lgs-field");
  readonly #bands: SuperstepBands;
  readonly #spans: SubgraphSpans;
  readonly #laneList = make("div", "lgs-lanes");
  readonly #overlay = make("div", "lgs-over");
  readonly #more = button("lgs-more", "", () => this.#showMore());
  readonly #scale = new TimeScale();
  readonly #scrubber: Scrubber;
  readonly #timestamps = new TokenTimestamps();
  readonly #lanes = new Map<string, TimelineLane>();
  readonly #bars = new Map<string, TaskBar>();
  /** Row, status, and first and last position of the bars that were drawn in the range. */
  readonly #looks = new Set<string>();
  /** Tree rows that have a lane, and those of them that have tasks. */
  readonly #rowsWithLanes = new Set<string>();
  readonly #rowsWithTasks = new Set<string>();
  /** The tree rows whose lanes are in the page. */
  #shownRows = new Set<string>();
  /** The tasks whose bars are growing. */
  readonly #growingTasks = new Set<string>();
  /** The size of the tree at the last layout. */
  #knownTreeSize = 0;
  #limit = LANES_PER_PAGE;
  /** The range of seconds that is painted. */
  #paintedRange = "";
  /** The last x coordinate of a pointer that drags the lanes. */
  #dragX: number | undefined;
  /** The one bar that Tab reaches, by its task. */
  #tabStop: string | undefined;

  constructor(private readonly context: PanelContext) {
    this.#bands = new SuperstepBands(context);
    this.#spans = new SubgraphSpans(context);
    this.#scrubber = new Scrubber(context, this.#scale, () => this.#rescale());
    this.element.setAttribute("aria-label", "Timeline");
    this.#laneList.setAttribute("role", "group");
    this.#laneList.setAttribute("aria-label", "Tasks over time; arrow keys move between them");
    this.#laneList.addEventListener("click", (event) => this.#onClick(event));
    this.#laneList.addEventListener("pointerover", (event) => this.#updateTooltip(event.target));
    this.#laneList.addEventListener("focusin", (event) => this.#updateTooltip(event.target));
    this.#laneList.addEventListener("keydown", (event) => this.#onKeyDown(event));
    this.#scroller.addEventListener("wheel", (event) =>
      this.#scrubber.onWheel(event, this.#overlay.getBoundingClientRect()),
    );
    this.#scroller.addEventListener("pointerdown", (event) => this.#onPointerDown(event));
    this.#scroller.addEventListener("pointermove", (event) => this.#onPointerMove(event));
    this.#overlay.append(this.#scrubber.playhead);
    this.#field.append(this.#bands.element, this.#laneList, this.#overlay);
    this.#scroller.append(this.#field, this.#more);
    this.element.append(this.#scroller, this.#scrubber.element);
  }

  paint(changes: Changes): void {
    const { cursor } = this.context;
    const { task, tree, step } = cursor.tables;
    if (changes.all) {
      this.#rowsWithLanes.clear();
      this.#rowsWithTasks.clear();
    }
    const lanesBefore = this.#rowsWithLanes.size;
    for (const id of changes.all ? task.keys() : changes.ids.task) {
      const row = task.get(id)?.row;
      if (row === undefined) continue;
      this.#rowsWithLanes.add(row);
      this.#rowsWithTasks.add(row);
    }
    const subgraphRows = [...(changes.all ? tree.keys() : changes.ids.tree)].filter((id) =>
      this.#spans.has(id, this.#rowsWithTasks),
    );
    for (const id of subgraphRows) this.#rowsWithLanes.add(id);
    if (changes.all || this.#rowsWithLanes.size !== lanesBefore || tree.size !== this.#knownTreeSize) this.#layout();
    if (changes.all) this.#dropMissing();
    for (const id of changes.all ? task.keys() : changes.ids.task) this.#paintBar(id);
    for (const id of subgraphRows)
      if (this.#shownRows.has(id)) this.#spans.paint(id, this.#lane(id).track, cursor.now());
    for (const id of changes.all ? step.keys() : changes.ids.step) this.#bands.paint(id);
    const rowsWithTokens = this.#timestamps.update(cursor.live);
    this.tick(cursor.now());
    for (const id of changes.all || cursor.time !== undefined ? this.#shownRows : rowsWithTokens) this.#paintTicks(id);
  }

  tick(now: number): void {
    const { cursor } = this.context;
    this.#scale.advance(cursor.live.now(), timelineSeconds(cursor.live.now(), cursor.live.isRunning));
    const { from, seconds } = this.#scale;
    if (this.#paintedRange !== `${from} ${seconds}`) {
      this.#paintedRange = `${from} ${seconds}`;
      this.#field.style.setProperty("--lgs-t0", from.toFixed(4));
      this.#field.style.setProperty("--lgs-s", `${100 / seconds}%`);
      this.element.classList.toggle("lgs-zoomed", this.#scale.isZoomed);
      for (const id of this.#shownRows) this.#paintTicks(id);
      if (this.#bars.size >= MIN_BARS && !cursor.isRunning) {
        this.#looks.clear();
        for (const id of cursor.tables.task.keys()) this.#paintBar(id); // zooming in tells more of them apart
      }
    }
    this.#scrubber.paint();
    for (const id of this.#growingTasks) this.#resizeBar(id, now);
    this.#bands.tick(now);
    if (cursor.isRunning) this.#spans.tick(now);
  }

  #layout(): void {
    const { tree } = this.context.cursor.tables;
    this.#knownTreeSize = tree.size;
    const rows: { id: string; level: number }[] = [];
    for (const { id, level } of walkTree(tree)) {
      if (this.#rowsWithLanes.has(id) && this.context.selection.showsRow(id)) rows.push({ id, level });
    }
    const shownRows = rows.slice(0, this.#limit);
    this.#shownRows = new Set(shownRows.map(({ id }) => id));
    for (const { id, level } of shownRows) {
      const { element, name } = this.#lane(id);
      setText(name, tree.get(id)?.name ?? "…");
      setAttribute(name, "title", tree.get(id)?.path ?? "");
      element.style.setProperty("--lgs-depth", String(Math.max(0, level - 1)));
    }
    arrange(
      this.#laneList,
      shownRows.map(({ id }) => this.#lane(id).element),
    );
    this.#more.hidden = rows.length <= this.#limit;
    setText(this.#more, `${formatNumber(rows.length - shownRows.length)} more lanes`);
    const reservedLanes = Math.min(
      Math.max(this.context.cursor.live.tables.tree.size - 1, MIN_RESERVED_LANES),
      MAX_RESERVED_LANES,
    );
    this.element.style.setProperty("--lgs-room", String(reservedLanes));
  }

  #lane(id: string): TimelineLane {
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      const ticks = new TokenTicks();
      lane = {
        element: make("div", "lgs-lane"),
        name: make("span", "lgs-lane-name"),
        track: make("div", "lgs-track"),
        ticks,
      };
      lane.track.append(ticks.element);
      lane.element.append(lane.name, lane.track);
      this.#lanes.set(id, lane);
    }
    return lane;
  }

  /** Remove the bars and bands of rows that no longer exist, after the tables were replaced. */
  #dropMissing(): void {
    const { task } = this.context.cursor.tables;
    for (const [id, bar] of this.#bars) {
      if (task.has(id)) continue;
      bar.element.remove();
      bar.wait?.remove();
      for (const retry of bar.retries) retry.remove();
      this.#bars.delete(id);
      this.#growingTasks.delete(id);
    }
    this.#bands.dropMissing();
    this.#spans.dropMissing();
  }

  #paintBar(id: string): void {
    const { cursor, selection } = this.context;
    const task = cursor.tables.task.get(id);
    if (task?.row === undefined || !this.#shownRows.has(task.row)) return;
    if (this.#isHidden(id, task)) return;
    const row = cursor.tables.tree.get(task.row);
    const { element } = this.#bar(id, task.row);
    const status = task.status ?? "running";
    const isOpen = task.ended === undefined && cursor.isRunning;
    element.className = `lgs-bar lgs-is-${status}${row?.kind === "subgraph" ? " lgs-thin" : ""}${isOpen ? " lgs-live" : ""}`;
    setColor(element, row?.color);
    setAttribute(element, "aria-label", taskLabel(task));
    setAttribute(element, "aria-pressed", String(selection.task === id));
    this.#tabStop ??= id;
    element.tabIndex = id === this.#tabStop ? 0 : -1;
    // The mark of a question stays after the answer: here the run waited.
    const glyph = status === "failed" ? status : status === "waiting" || task.question ? "waiting" : undefined;
    if (glyph === undefined) element.replaceChildren();
    else if (element.dataset["sign"] !== glyph) element.replaceChildren(icon(glyph));
    element.dataset["sign"] = glyph ?? "";
    if (cursor.isRunning && (task.ended === undefined || task.released === undefined)) this.#growingTasks.add(id);
    else this.#growingTasks.delete(id);
    this.#resizeBar(id, cursor.now());
  }

  /** True if the bar is one of very many, and outside of the range or like another one. */
  #isHidden(id: string, { row, status, started = 0, ended = Infinity }: TaskRow): boolean {
    const { from, to, seconds } = this.#scale;
    const positions = [started, ended].map((time) => Math.round(((time - from) / seconds) * POSITIONS));
    const look = `${row} ${status} ${positions.join()}`;
    const isNew = !this.#looks.has(look) && started <= to && ended >= from;
    this.#looks.add(look);
    return !isNew && this.#bars.size >= MIN_BARS && !this.#bars.has(id);
  }

  #bar(id: string, row: string): TaskBar {
    let bar = this.#bars.get(id);
    if (bar === undefined) {
      bar = { element: make("button"), wait: undefined, retries: [] };
      bar.element.type = "button";
      bar.element.dataset["task"] = id;
      this.#bars.set(id, bar);
    }
    const { track, ticks } = this.#lane(row);
    if (bar.element.parentElement !== track) track.insertBefore(bar.element, ticks.element);
    return bar;
  }

  /** Draw a bar from its start to its end or to now, and hatched while its superstep waits for other tasks. */
  #resizeBar(id: string, now: number): void {
    const task = this.context.cursor.tables.task.get(id);
    const bar = this.#bars.get(id);
    if (task === undefined || bar === undefined) return;
    const started = task.started ?? 0;
    setTimeRange(bar.element, started, task.ended ?? now);
    this.#paintRetries(bar, task, now);
    if (task.ended === undefined) return;
    const released = task.released ?? (this.context.cursor.isRunning && task.status === "done" ? now : task.ended);
    if (bar.wait === undefined && released - task.ended > MIN_WAIT_SECONDS) {
      bar.wait = make("i", "lgs-wait");
      bar.element.after(bar.wait);
    }
    if (bar.wait === undefined) return;
    bar.wait.style.setProperty("--lgs-c", bar.element.style.getPropertyValue("--lgs-c"));
    setTimeRange(bar.wait, task.ended, released);
  }

  /** Draw a mark for each attempt that failed, as long as the pause before the next one. */
  #paintRetries(bar: TaskBar, { retries = [], ended }: TaskRow, now: number): void {
    while (bar.retries.length > retries.length) bar.retries.pop()?.remove();
    retries.forEach(([failed, again, error], index) => {
      let mark = bar.retries[index];
      if (mark === undefined) {
        mark = make("i", "lgs-retry", icon("again"));
        bar.retries.push(mark);
      }
      mark.dataset["task"] = bar.element.dataset["task"];
      if (mark.parentElement === null) bar.element.parentElement?.append(mark);
      setAttribute(
        mark,
        "title",
        `try ${index + 1} failed: ${error}; tried again after ${formatDuration(again - failed)}`,
      );
      setTimeRange(mark, failed, Math.max(failed, Math.min(again, ended ?? now)));
    });
  }

  #paintTicks(id: string): void {
    const times = this.#timestamps.byRow.get(id);
    const lane = this.#lanes.get(id);
    if (times !== undefined && lane !== undefined) {
      lane.ticks.paint(times, this.#scale.seconds, this.#scale.from, this.context.cursor.time);
    }
  }

  #showMore(): void {
    this.#limit += LANES_PER_PAGE;
    this.paint(noChanges(true));
  }

  #rescale(): void {
    this.tick(this.context.cursor.now());
  }

  /** Dragging beside the bars moves the range shown, if it is zoomed. */
  #onPointerDown(event: PointerEvent): void {
    const canDrag = this.#scale.isZoomed && event.button === 0 && (event.target as Element).closest("button") === null;
    this.#dragX = canDrag ? event.clientX : undefined;
  }

  #onPointerMove(event: PointerEvent): void {
    if (this.#dragX === undefined || (event.buttons & 1) === 0) return;
    this.#scroller.setPointerCapture?.(event.pointerId);
    this.#scrubber.pan(event.clientX - this.#dragX, this.#overlay.clientWidth);
    this.#dragX = event.clientX;
  }

  /** Set the tooltip of a bar when the pointer or the focus reaches it. */
  #updateTooltip(target: EventTarget | null): void {
    const element = (target as Element).closest<HTMLElement>(".lgs-bar");
    const task = this.context.cursor.tables.task.get(element?.dataset["task"] ?? "");
    if (element === null || task === undefined) return;
    const lines = [taskLabel(task)];
    if (task.input) lines.push(`input: ${clip(task.input, 200)}`);
    if (task.update) lines.push(`update: ${clip(task.update, 200)}`);
    if (task.error) lines.push(task.error);
    lines.push(`task ${element.dataset["task"]}`);
    setAttribute(element, "title", lines.join("\n"));
  }

  #onClick(event: MouseEvent): void {
    const id = (event.target as Element).closest<HTMLElement>("[data-task]")?.dataset["task"];
    if (id === undefined) return;
    this.#setTabStop(id);
    this.context.selection.selectTask(this.context.selection.task === id ? undefined : id);
  }

  #onKeyDown(event: KeyboardEvent): void {
    const bar = this.#bars.get(this.#tabStop ?? "")?.element;
    const lane = bar?.closest(".lgs-lane");
    if (bar === undefined || !lane) return;
    const barsOf = (lane: Element | null): HTMLElement[] =>
      [...(lane?.querySelectorAll<HTMLElement>(".lgs-bar") ?? [])].sort((a, b) => a.offsetLeft - b.offsetLeft);
    const bars = barsOf(lane);
    const index = bars.indexOf(bar);
    const targets: Record<string, HTMLElement | undefined> = {
      ArrowLeft: bars[index - 1],
      ArrowRight: bars[index + 1],
      ArrowUp: barsOf(lane.previousElementSibling)[0],
      ArrowDown: barsOf(lane.nextElementSibling)[0],
      Home: bars[0],
      End: bars.at(-1),
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    const target = targets[event.key];
    if (target === undefined) return;
    this.#setTabStop(target.dataset["task"] ?? "");
    target.focus();
  }

  #setTabStop(id: string): void {
    const previous = this.#bars.get(this.#tabStop ?? "");
    if (previous !== undefined) previous.element.tabIndex = -1;
    this.#tabStop = id;
    const bar = this.#bars.get(id);
    if (bar !== undefined) bar.element.tabIndex = 0;
  }
}

function taskLabel(task: TaskRow): string {
  const facts = [task.node ?? "task", `step ${task.step ?? "?"}`, statusWord(task.status ?? "running")];
  if (task.question && task.status !== "waiting") facts.push("asked");
  if (task.tries !== undefined) facts.push(`tried ${task.tries} times`);
  if (task.cached) facts.push("kept from an earlier run");
  else if (task.ended !== undefined && task.started !== undefined)
    facts.push(formatDuration(task.ended - task.started));
  return facts.join(", ");
}
