/** The inspector: what one task was given, what it wrote, how it failed; or the state after its superstep. */

import { button, make } from "../../dom/dom";
import type { StepRow, TaskRow } from "../../protocol/rows";
import type { Painter, Scene } from "../panel";
import { headline, taskSheet } from "./taskSheet";
import type { Changes } from "../../model/store";
import { Values, moment } from "./stateSheet";

type Sheet = "task" | "state";

export class Inspector implements Painter {
  readonly element = make("section", "lgs-inspector");
  private readonly summary = make("div", "lgs-summary");
  private readonly body = make("div", "lgs-sheet");
  private readonly taskButton = button("", "task", () => this.toggle("task"));
  private readonly stateButton = button("", "state", () => this.toggle("state"));
  /** What the reader opened; undefined while they opened nothing themselves. */
  private chosen: Sheet | "none" | undefined;
  private latest: string | undefined;
  private painted = "";
  private readonly values: Values;
  /** The superstep whose state the reader turned to, from the task that was shown. */
  private turned: { task: string | undefined; step: string } | undefined;

  /** `only`: the one sheet that is always open. */
  constructor(
    private readonly scene: Scene,
    private readonly only?: Sheet,
  ) {
    this.values = new Values(scene, (step) => this.turn(step));
    this.element.setAttribute("aria-label", "Inspector");
    this.body.tabIndex = 0;
    this.taskButton.title = "Input, update and error of this task";
    this.stateButton.title = "The state after this task's superstep";
    const buttons = make("div", "lgs-buttons", this.taskButton, this.stateButton);
    buttons.hidden = only !== undefined;
    this.element.append(make("div", "lgs-summary-row", this.summary, buttons), this.body);
  }

  paint(changes: Changes): void {
    const { task } = this.scene.store.tables;
    if (changes.all) this.latest = undefined;
    for (const id of changes.all ? task.keys() : changes.ids.task) this.consider(id);
    const id = this.current();
    const row = id === undefined ? undefined : task.get(id);
    const step = this.turned?.task === id ? this.turned?.step : row && this.stateAfter(row);
    const sheet = this.sheet(row);
    const state = step === undefined || sheet !== "state" ? undefined : moment(this.scene.store, step);
    // Painted anew only where something differs: the reader may be selecting text in it.
    const look = JSON.stringify([id, sheet, row, step, state]);
    if (look === this.painted) return;
    this.painted = look;
    this.taskButton.disabled = row === undefined;
    this.stateButton.disabled = step === undefined;
    this.taskButton.setAttribute("aria-expanded", String(sheet === "task"));
    this.stateButton.setAttribute("aria-expanded", String(sheet === "state"));
    this.summary.replaceChildren(...(row === undefined ? [this.nothing()] : this.summarize(row)));
    this.body.hidden = sheet === "none";
    if (state !== undefined) this.body.replaceChildren(...this.values.sheet(state));
    else if (sheet === "task" && row !== undefined) this.body.replaceChildren(...taskSheet(row));
  }

  /** The chosen task, or the one that ended last among those shown; a failure or a question stays in front. */
  private current(): string | undefined {
    const { focus, store } = this.scene;
    if (focus.task !== undefined && store.tables.task.has(focus.task)) return focus.task;
    return this.latest;
  }

  private consider(id: string): void {
    const { task } = this.scene.store.tables;
    const row = task.get(id);
    if (row === undefined || !this.scene.focus.showsRow(row.row)) return;
    if (row.status === "running" || row.status === "pending") return;
    const best = this.latest === undefined ? undefined : task.get(this.latest);
    if (best === undefined || id === this.latest || this.precedes(row, best)) this.latest = id;
  }

  /** Whether `a` says more than `b`: of the selected row, failed or asking, inner before outer; else the later one. */
  private precedes(a: TaskRow, b: TaskRow): boolean {
    const { row } = this.scene.focus;
    const weight = (task: TaskRow): number =>
      (row !== undefined && task.row === row ? 4 : 0) +
      (task.status === "failed" ? 2 : task.status === "waiting" ? 1 : 0);
    if (weight(a) !== weight(b)) return weight(a) > weight(b);
    const later = (a.ended ?? 0) - (b.ended ?? 0);
    // What runs a subgraph fails after the task inside, where it happened.
    if (later !== 0) return a.status === "failed" || a.status === "waiting" ? later < 0 : later > 0;
    return (a.started ?? 0) >= (b.started ?? 0);
  }

  /** What is open: the reader's choice, else the task where it was chosen, failed or asks. */
  private sheet(row: TaskRow | undefined): Sheet | "none" {
    if (row === undefined) return "none";
    if (this.only !== undefined) return this.only;
    if (this.chosen !== undefined) return this.chosen;
    const speaks = row.status === "failed" || (row.status === "waiting" && !row.ask?.length); // a form shows it
    return speaks || this.scene.focus.task !== undefined ? "task" : "none";
  }

  private toggle(sheet: Sheet): void {
    const open = this.sheet(this.scene.store.tables.task.get(this.current() ?? ""));
    this.chosen = open === sheet ? "none" : sheet;
    this.scene.store.notify();
  }

  private turn(step: string): void {
    this.turned = { task: this.current(), step };
    this.scene.store.notify();
  }

  /** The superstep of the task, or the last one before it of which the state is known. */
  private stateAfter(task: TaskRow): string | undefined {
    const { tree, step } = this.scene.store.tables;
    const graph = tree.get(task.row ?? "")?.parent;
    if (graph === undefined) return undefined;
    const until = task.ended ?? Infinity;
    let last: [id: string, row: StepRow] | undefined;
    for (const [id, row] of step) {
      if (row.row !== graph || row.values === undefined || (row.step ?? 0) > (task.step ?? 0)) continue;
      // A subgraph's supersteps start over at every visit; the task belongs to the last that began before its end.
      const began = row.started ?? 0;
      if (began <= until && began >= (last?.[1].started ?? 0)) last = [id, row];
    }
    return last?.[0];
  }

  private nothing(): HTMLElement {
    const { store, focus } = this.scene;
    if (focus.filtering) return make("span", "lgs-dim", "Nothing here has finished.");
    return make("span", "lgs-dim", store.running ? "Updates of the state show here." : "No task ran.");
  }

  private summarize(task: TaskRow): HTMLElement[] {
    const { tree } = this.scene.store.tables;
    const path = tree.get(task.row ?? "")?.path || task.node || "task";
    const head = make("span", "lgs-dim lgs-where", `step ${task.step ?? "?"} · ${path}`);
    return [head, headline(task)];
  }
}
