/** The state after a superstep: what each node changed, then every key, with long values folded and messages as chat. */

import { type StateMessage, parseMessages } from "../../model/stateMessages";
import { button, make, setColor } from "../../dom/dom";
import { clip, formatCount, toolArguments } from "../../dom/format";
import type { StepRow, TaskRow } from "../../protocol/rows";
import type { TimeCursor } from "../../model/timeCursor";
import { diffTable } from "./taskSheet";

/** Values with more characters than this are folded. */
const MAX_UNFOLDED_CHARS = 200;

/** The content of the sheet for one superstep. */
export interface StateMoment {
  id: string;
  step: StepRow;
  /** The supersteps of the same graph whose state is known, in order. */
  siblings: string[];
  /** The tasks of the superstep that changed the state. */
  tasks: [string, TaskRow][];
}

/** The content of the sheet for the superstep with this id; undefined if there is none. */
export function stateMoment({ tables }: Pick<TimeCursor, "tables">, id: string): StateMoment | undefined {
  const step = tables.step.get(id);
  if (step === undefined) return undefined;
  const siblings = [...tables.step]
    .filter(([, row]) => row.row === step.row && row.values !== undefined)
    .sort(([, a], [, b]) => (a.started ?? 0) - (b.started ?? 0) || (a.step ?? 0) - (b.step ?? 0))
    .map(([sibling]) => sibling);
  const [from, to] = [step.started ?? 0, step.ended ?? Infinity];
  const tasks = [...tables.task].filter(
    ([, task]) =>
      task.step === step.step &&
      (task.started ?? 0) >= from &&
      (task.started ?? 0) <= to &&
      tables.tree.get(task.row ?? "")?.parent === step.row &&
      (task.diff?.length ?? 0) > 0,
  );
  return { id, step, siblings, tasks };
}

/** Renders the state after a superstep, and remembers which values the reader unfolded. */
export class StateSheet {
  readonly #unfolded = new Set<string>();

  constructor(
    private readonly context: { cursor: Pick<TimeCursor, "tables"> },
    private readonly onVisitStep: (step: string) => void,
  ) {}

  render({ id, step, siblings, tasks }: StateMoment): HTMLElement[] {
    const parts = [this.#stepNavigation(id, step, siblings)];
    for (const [, task] of tasks) parts.push(this.#changes(task));
    const list = make("div", "lgs-values");
    for (const [key, text] of Object.entries(step.values ?? {})) {
      const chat = key === step.messages ? parseMessages(text) : undefined;
      const value = chat === undefined ? this.#value(key, text) : make("div", "lgs-chat", ...chat.map(messageBubble));
      list.append(make("span", "lgs-key-name", key), value);
    }
    return [...parts, list];
  }

  #stepNavigation(id: string, step: StepRow, siblings: string[]): HTMLElement {
    const { tree } = this.context.cursor.tables;
    const index = siblings.indexOf(id);
    const graph = tree.get(step.row ?? "")?.path;
    const stepButton = (label: string, name: string, target: string | undefined): HTMLButtonElement => {
      const element = button("lgs-step-to", label, () => target !== undefined && this.onVisitStep(target));
      element.disabled = target === undefined;
      element.setAttribute("aria-label", name);
      return element;
    };
    const title = `The state after step ${step.step ?? "?"}${graph ? ` of ${graph}` : ""}`;
    const buttons = [
      stepButton("‹", "State one step before", siblings[index - 1]),
      stepButton("›", "State one step later", siblings[index + 1]),
    ];
    return make("p", "lgs-dim lgs-steps", ...buttons, make("span", "", title));
  }

  #changes(task: TaskRow): HTMLElement {
    const row = this.context.cursor.tables.tree.get(task.row ?? "");
    const key = make("i", "lgs-key");
    setColor(key, row?.color);
    const head = make("div", "lgs-changer", key, make("strong", "", row?.name || task.node || "task"));
    return make("div", "lgs-changes", head, diffTable(task.diff ?? []));
  }

  #value(key: string, text: string): HTMLElement {
    if (text.length <= MAX_UNFOLDED_CHARS) return make("span", "lgs-value", text);
    const summary = make(
      "summary",
      "",
      clip(text, 90),
      make("span", "lgs-dim", ` ${formatCount(text.length, "character")}`),
    );
    const element = make("details", "lgs-long", summary, make("div", "lgs-value", text));
    element.open = this.#unfolded.has(key);
    element.addEventListener("toggle", () => {
      if (element.open) this.#unfolded.add(key);
      else this.#unfolded.delete(key);
    });
    return element;
  }
}

const ROLE_NAMES: Record<string, string> = { human: "human", ai: "model", tool: "tool", system: "system" };

function messageBubble({ role, name, text, calls }: StateMessage): HTMLElement {
  if (role === "") return make("div", "lgs-dim lgs-left-out", text);
  const sender = make("span", "lgs-who", [ROLE_NAMES[role] ?? role, name].filter(Boolean).join(" · "));
  const element = make("div", `lgs-bubble${role === "human" ? " lgs-human" : ""}`, sender);
  if (text !== "") element.append(make("div", "lgs-said", text));
  for (const call of calls) element.append(make("code", "lgs-called", `${call.name}${toolArguments(call.args)}`));
  return element;
}
