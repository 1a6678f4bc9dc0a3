/** The strip below the header with the questions that wait for a human. It is about the run as it is, whatever moment
 * the reader looks at. */

import { make } from "../../dom/dom";
import { Form } from "./answerForm";
import type { Ask, TaskRow } from "../../protocol/rows";
import type { Painter, Scene } from "../panel";
import type { Changes } from "../../model/store";

/** Forms at once. */
const MOST = 20;

export class Questions implements Painter {
  readonly element = make("section", "lgs-questions");
  private readonly open = new Set<string>();
  private readonly forms = new Map<Ask, Form>();

  constructor(private readonly scene: Scene) {
    this.element.setAttribute("aria-label", "Questions to you");
    this.element.hidden = true;
  }

  paint(changes: Changes): void {
    const { task, tree } = this.scene.store.live.tables;
    const { run } = this.scene.store.live;
    // In the past, changes are those of the moment, so all tasks are looked at.
    const looked = changes.all || this.scene.store.at !== undefined ? task.keys() : changes.ids.task;
    for (const id of looked) {
      if (task.get(id)?.ask?.length) this.open.add(id);
      else this.open.delete(id);
    }
    const shown: [Ask, TaskRow][] = [];
    for (const id of this.open) {
      const row = task.get(id);
      for (const ask of row?.ask ?? []) if (row !== undefined && shown.length < MOST) shown.push([ask, row]);
    }
    if (run.pause) shown.push([run.pause, {}]);
    const asked = new Set(shown.map(([ask]) => ask));
    for (const [ask, form] of this.forms) {
      if (asked.has(ask)) continue;
      form.element.remove();
      this.forms.delete(ask);
    }
    for (const [ask, row] of shown) {
      const path = ask.before ? "breakpoint" : tree.get(row.row ?? "")?.path || row.node || "task";
      const context = { path, written: row.question ?? "", open: run.asks === true && this.scene.line.connected };
      let form = this.forms.get(ask);
      if (form === undefined) {
        form = new Form(ask, context, (value) => this.scene.line.answer(ask.id, value));
        this.forms.set(ask, form);
        this.element.append(form.element);
      }
      form.paint(context);
    }
    this.element.hidden = shown.length === 0;
  }
}
