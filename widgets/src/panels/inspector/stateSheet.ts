/** The state after a superstep: what each node changed, then every key; long values folded, messages as chat. */

import { type Message, messages } from "../../model/stateMessages";
import { button, make, setColor } from "../../dom/dom";
import { clip, plural, toolArguments } from "../../dom/format";
import type { StepRow, TaskRow } from "../../protocol/rows";
import type { Replay } from "../../model/timeCursor";
import { diffTable } from "./taskSheet";

/** Characters of a value from which it is folded. */
const LONG = 200;

export interface Moment {
  id: string;
  step: StepRow;
  /** The supersteps of the same graph whose state is known, in order. */
  among: string[];
  tasks: [string, TaskRow][];
}

/** Everything that the sheet of this superstep shows. */
export function moment({ tables }: Pick<Replay, "tables">, id: string): Moment | undefined {
  const step = tables.step.get(id);
  if (step === undefined) return undefined;
  const among = [...tables.step]
    .filter(([, row]) => row.row === step.row && row.values !== undefined)
    .sort(([, a], [, b]) => (a.started ?? 0) - (b.started ?? 0) || (a.step ?? 0) - (b.step ?? 0))
    .map(([other]) => other);
  const [from, to] = [step.started ?? 0, step.ended ?? Infinity];
  const tasks = [...tables.task].filter(
    ([, task]) =>
      task.step === step.step &&
      (task.started ?? 0) >= from &&
      (task.started ?? 0) <= to &&
      tables.tree.get(task.row ?? "")?.parent === step.row &&
      (task.diff?.length ?? 0) > 0,
  );
  return { id, step, among, tasks };
}

/** Keeps which values the reader unfolded, and nothing else. */
export class Values {
  private readonly unfolded = new Set<string>();

  constructor(
    private readonly scene: { store: Pick<Replay, "tables"> },
    private readonly go: (step: string) => void,
  ) {}

  sheet({ id, step, among, tasks }: Moment): HTMLElement[] {
    const parts = [this.steps(id, step, among)];
    for (const [, task] of tasks) parts.push(this.changes(task));
    const list = make("div", "lgs-values");
    for (const [key, text] of Object.entries(step.values ?? {})) {
      const chat = key === step.messages ? messages(text) : undefined;
      const value = chat === undefined ? this.value(key, text) : make("div", "lgs-chat", ...chat.map(bubble));
      list.append(make("span", "lgs-key-name", key), value);
    }
    return [...parts, list];
  }

  private steps(id: string, step: StepRow, among: string[]): HTMLElement {
    const { tree } = this.scene.store.tables;
    const at = among.indexOf(id);
    const graph = tree.get(step.row ?? "")?.path;
    const to = (label: string, name: string, target: string | undefined): HTMLButtonElement => {
      const element = button("lgs-step-to", label, () => target !== undefined && this.go(target));
      element.disabled = target === undefined;
      element.setAttribute("aria-label", name);
      return element;
    };
    const where = `The state after step ${step.step ?? "?"}${graph ? ` of ${graph}` : ""}`;
    const moves = [to("‹", "State one step before", among[at - 1]), to("›", "State one step later", among[at + 1])];
    return make("p", "lgs-dim lgs-steps", ...moves, make("span", "", where));
  }

  private changes(task: TaskRow): HTMLElement {
    const row = this.scene.store.tables.tree.get(task.row ?? "");
    const key = make("i", "lgs-key");
    setColor(key, row?.color);
    const head = make("div", "lgs-changer", key, make("strong", "", row?.name || task.node || "task"));
    return make("div", "lgs-changes", head, diffTable(task.diff ?? []));
  }

  private value(key: string, text: string): HTMLElement {
    if (text.length <= LONG) return make("span", "lgs-value", text);
    const summary = make(
      "summary",
      "",
      clip(text, 90),
      make("span", "lgs-dim", ` ${plural(text.length, "character")}`),
    );
    const element = make("details", "lgs-long", summary, make("div", "lgs-value", text));
    element.open = this.unfolded.has(key);
    element.addEventListener("toggle", () => {
      if (element.open) this.unfolded.add(key);
      else this.unfolded.delete(key);
    });
    return element;
  }
}

const NAMES: Record<string, string> = { human: "human", ai: "model", tool: "tool", system: "system" };

function bubble({ role, name, text, calls }: Message): HTMLElement {
  if (role === "") return make("div", "lgs-dim lgs-left-out", text);
  const who = make("span", "lgs-who", [NAMES[role] ?? role, name].filter(Boolean).join(" · "));
  const element = make("div", `lgs-bubble${role === "human" ? " lgs-human" : ""}`, who);
  if (text !== "") element.append(make("div", "lgs-said", text));
  for (const call of calls) element.append(make("code", "lgs-called", `${call.name}${toolArguments(call.args)}`));
  return element;
}
