/** The inspector: the input, update and error of one task, or the state after its superstep. */

import { button, make } from "../../dom/dom";
import type { StepRow, TaskRow } from "../../protocol/rows";
import type { Panel, PanelContext } from "../panel";
import { taskHeadline, taskSheet } from "./taskSheet";
import type { Changes } from "../../model/store";
import { StateSheet, stateMoment } from "./stateSheet";

type Sheet = "task" | "state";

export class InspectorPanel implements Panel {
  readonly element = make("section", "lgs-inspector");
  readonly #summary = make("div", "lgs-summary");
  readonly #body = make("div", "lgs-sheet");
  readonly #taskButton = button("", "task", () => this.#toggle("task"));
  readonly #stateButton = button("", "state", () => this.#toggle("state"));
  /** What the reader opened; undefined until they open or close something. */
  #chosenSheet: Sheet | "none" | undefined;
  /** The task that is shown while none is selected. */
  #defaultTask: string | undefined;
  /** What is in the page, as JSON. */
  #painted = "";
  readonly #stateSheet: StateSheet;
  /** The superstep whose state the reader went to, and the task that was shown then. */
  #visitedStep: { task: string | undefined; step: string } | undefined;

  /** `only`: the one sheet that is shown, always open. */
  constructor(
    private readonly context: PanelContext,
    private readonly only?: Sheet,
  ) {
    this.#stateSheet = new StateSheet(context, (step) => this.#visitStep(step));
    this.element.setAttribute("aria-label", "Inspector");
    this.#body.tabIndex = 0;
    this.#taskButton.title = "Input, update and error of this task";
    this.#stateButton.title = "The state after this task's superstep";
    const buttons = make("div", "lgs-buttons", this.#taskButton, this.#stateButton);
    buttons.hidden = only !== undefined;
    this.element.append(make("div", "lgs-summary-row", this.#summary, buttons), this.#body);
  }

  paint(changes: Changes): void {
    const { task } = this.context.cursor.tables;
    if (changes.all) this.#defaultTask = undefined;
    for (const id of changes.all ? task.keys() : changes.ids.task) this.#updateDefaultTask(id);
    const id = this.#currentTask();
    const row = id === undefined ? undefined : task.get(id);
    const step = this.#visitedStep?.task === id ? this.#visitedStep?.step : row && this.#stateAfter(row);
    const sheet = this.#sheet(row);
    const state = step === undefined || sheet !== "state" ? undefined : stateMoment(this.context.cursor, step);
    // Painted only if something differs: the reader may be selecting text.
    const content = JSON.stringify([id, sheet, row, step, state]);
    if (content === this.#painted) return;
    this.#painted = content;
    this.#taskButton.disabled = row === undefined;
    this.#stateButton.disabled = step === undefined;
    this.#taskButton.setAttribute("aria-expanded", String(sheet === "task"));
    this.#stateButton.setAttribute("aria-expanded", String(sheet === "state"));
    this.#summary.replaceChildren(...(row === undefined ? [this.#placeholder()] : this.#summarize(row)));
    this.#body.hidden = sheet === "none";
    if (state !== undefined) this.#body.replaceChildren(...this.#stateSheet.render(state));
    else if (sheet === "task" && row !== undefined) this.#body.replaceChildren(...taskSheet(row));
  }

  /** The selected task, or the last visible one that ended; a failed task or one that asks takes precedence. */
  #currentTask(): string | undefined {
    const { selection, cursor } = this.context;
    if (selection.task !== undefined && cursor.tables.task.has(selection.task)) return selection.task;
    return this.#defaultTask;
  }

  #updateDefaultTask(id: string): void {
    const { task } = this.context.cursor.tables;
    const row = task.get(id);
    if (row === undefined || !this.context.selection.showsRow(row.row)) return;
    if (row.status === "running" || row.status === "pending") return;
    const best = this.#defaultTask === undefined ? undefined : task.get(this.#defaultTask);
    if (best === undefined || id === this.#defaultTask || this.#precedes(row, best)) this.#defaultTask = id;
  }

  /** True if `a` is to be shown rather than `b`: of the selected row, failed, asking, inner; else the later one. */
  #precedes(a: TaskRow, b: TaskRow): boolean {
    const { row } = this.context.selection;
    const priority = (task: TaskRow): number =>
      (row !== undefined && task.row === row ? 4 : 0) +
      (task.status === "failed" ? 2 : task.status === "waiting" ? 1 : 0);
    if (priority(a) !== priority(b)) return priority(a) > priority(b);
    const endedLater = (a.ended ?? 0) - (b.ended ?? 0);
    // The task that runs a subgraph fails after the task inside, where the error happened.
    if (endedLater !== 0) return a.status === "failed" || a.status === "waiting" ? endedLater < 0 : endedLater > 0;
    return (a.started ?? 0) >= (b.started ?? 0);
  }

  /** The open sheet: the one that the reader chose, else the task sheet if the task was selected, failed or asks. */
  #sheet(row: TaskRow | undefined): Sheet | "none" {
    if (row === undefined) return "none";
    if (this.only !== undefined) return this.only;
    if (this.#chosenSheet !== undefined) return this.#chosenSheet;
    // Not for a question that a form shows.
    const needsAttention = row.status === "failed" || (row.status === "waiting" && !row.ask?.length);
    return needsAttention || this.context.selection.task !== undefined ? "task" : "none";
  }

  #toggle(sheet: Sheet): void {
    const open = this.#sheet(this.context.cursor.tables.task.get(this.#currentTask() ?? ""));
    this.#chosenSheet = open === sheet ? "none" : sheet;
    this.context.cursor.notify();
  }

  #visitStep(step: string): void {
    this.#visitedStep = { task: this.#currentTask(), step };
    this.context.cursor.notify();
  }

  /** The superstep of the task, or the last one before it whose state is known. */
  #stateAfter(task: TaskRow): string | undefined {
    const { tree, step } = this.context.cursor.tables;
    const graph = tree.get(task.row ?? "")?.parent;
    if (graph === undefined) return undefined;
    const ended = task.ended ?? Infinity;
    let last: [id: string, row: StepRow] | undefined;
    for (const [id, row] of step) {
      if (row.row !== graph || row.values === undefined || (row.step ?? 0) > (task.step ?? 0)) continue;
      // Steps are counted again in each invocation of a subgraph: take the last one that started before the task ended.
      const started = row.started ?? 0;
      if (started <= ended && started >= (last?.[1].started ?? 0)) last = [id, row];
    }
    return last?.[0];
  }

  #placeholder(): HTMLElement {
    const { cursor, selection } = this.context;
    if (selection.isFiltering) return make("span", "lgs-dim", "Nothing here has finished.");
    return make("span", "lgs-dim", cursor.isRunning ? "Updates of the state show here." : "No task ran.");
  }

  #summarize(task: TaskRow): HTMLElement[] {
    const { tree } = this.context.cursor.tables;
    const path = tree.get(task.row ?? "")?.path || task.node || "task";
    const head = make("span", "lgs-dim lgs-where", `step ${task.step ?? "?"} · ${path}`);
    return [head, taskHeadline(task)];
  }
}
