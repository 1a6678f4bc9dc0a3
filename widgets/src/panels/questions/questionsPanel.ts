/**
 * The strip below the header with the open questions, for interrupts and breakpoints. It shows the run as it is now,
 * whatever moment the reader looks at.
 */

import { make } from "../../dom/dom";
import { AnswerForm } from "./answerForm";
import type { OpenQuestion, TaskRow } from "../../protocol/rows";
import type { Panel, PanelContext } from "../panel";
import type { Changes } from "../../model/store";

const MAX_FORMS = 20;

export class QuestionsPanel implements Panel {
  readonly element = make("section", "lgs-questions");
  /** The tasks that have open questions. */
  readonly #askingTasks = new Set<string>();
  readonly #forms = new Map<OpenQuestion, AnswerForm>();

  constructor(private readonly context: PanelContext) {
    this.element.setAttribute("aria-label", "Questions to you");
    this.element.hidden = true;
  }

  paint(changes: Changes): void {
    const { task, tree } = this.context.cursor.live.tables;
    const { run } = this.context.cursor.live;
    // In the past, changes are those of the moment shown, not of the live run: all tasks are checked.
    const tasksToCheck = changes.all || this.context.cursor.time !== undefined ? task.keys() : changes.ids.task;
    for (const id of tasksToCheck) {
      if (task.get(id)?.ask?.length) this.#askingTasks.add(id);
      else this.#askingTasks.delete(id);
    }
    const questions: [OpenQuestion, TaskRow][] = [];
    for (const id of this.#askingTasks) {
      const row = task.get(id);
      for (const question of row?.ask ?? []) {
        if (row !== undefined && questions.length < MAX_FORMS) questions.push([question, row]);
      }
    }
    if (run.pause) questions.push([run.pause, {}]);
    const open = new Set(questions.map(([question]) => question));
    for (const [question, form] of this.#forms) {
      if (open.has(question)) continue;
      form.element.remove();
      this.#forms.delete(question);
    }
    for (const [question, row] of questions) {
      const path = question.before ? "breakpoint" : tree.get(row.row ?? "")?.path || row.node || "task";
      const isOpen = run.asks === true && this.context.connection.isConnected;
      const context = { path, fallbackText: row.question ?? "", isOpen };
      let form = this.#forms.get(question);
      if (form === undefined) {
        form = new AnswerForm(question, context, (value) => this.context.connection.answer(question.id, value));
        this.#forms.set(question, form);
        this.element.append(form.element);
      }
      form.paint(context);
    }
    this.element.hidden = questions.length === 0;
  }
}
