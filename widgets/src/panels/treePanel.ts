/** The tree of nodes and subgraphs: one line per tree row, to any depth. */

import { arrange, button, icon, make, setAttribute, setColor, setIcon, setText } from "../dom/dom";
import { formatNumber, formatDuration, formatClock } from "../dom/format";
import { type TreeEntry, walkTree } from "../model/treeOrder";
import { ROOT_ID, type TreeRow } from "../protocol/rows";
import type { Panel, PanelContext } from "./panel";
import { statusWord } from "../dom/status";
import type { Changes } from "../model/store";

/** Rows in the page at first, and how many more a press of the button adds. */
const ROWS_PER_PAGE = 300;

interface TreeLine {
  element: HTMLElement;
  twisty: HTMLElement;
  glyph: HTMLElement;
  key: HTMLElement;
  name: HTMLElement;
  tag: HTMLElement;
  visits: HTMLElement;
  tokens: HTMLElement;
  time: HTMLElement;
}

export class TreePanel implements Panel {
  readonly element = make("div", "lgs-tree-scroller");
  readonly #list = make("div", "lgs-tree");
  readonly #more = button("lgs-more", "", () => this.#showMore());
  readonly #lines = new Map<string, TreeLine>();
  readonly #collapsed = new Set<string>();
  /** The rows whose time is running. */
  readonly #runningRows = new Set<string>();
  #order: string[] = [];
  #limit = ROWS_PER_PAGE;
  /** The size of the tree at the last layout. */
  #knownSize = 0;
  /** The one row that Tab reaches. */
  #tabStop = ROOT_ID;

  constructor(private readonly context: PanelContext) {
    this.#list.setAttribute("role", "tree");
    this.#list.setAttribute("aria-label", "Nodes of the graph");
    this.#list.addEventListener("click", (event) => this.#onClick(event));
    this.#list.addEventListener("keydown", (event) => this.#onKeyDown(event));
    this.element.append(this.#list, this.#more);
  }

  paint(changes: Changes): void {
    const { tree } = this.context.cursor.tables;
    if (changes.all || tree.size !== this.#knownSize) this.#layout();
    for (const id of changes.all ? this.#order : changes.ids.tree) this.#paintLine(id);
  }

  tick(now: number): void {
    for (const id of this.#runningRows) this.#paintFacts(id, now);
  }

  /** Put the visible rows into the page, in their order. */
  #layout(): void {
    const { tree } = this.context.cursor.tables;
    this.#knownSize = tree.size;
    const entries: TreeEntry[] = [];
    for (const entry of walkTree(tree, (id) => !this.#collapsed.has(id))) {
      if (this.context.selection.listsRow(entry.id)) entries.push(entry);
    }
    const shown = entries.slice(0, this.#limit);
    for (const entry of shown) this.#updateLevel(entry);
    this.#order = shown.map(({ id }) => id);
    for (const id of this.#lines.keys()) if (!tree.has(id)) this.#lines.delete(id);
    arrange(
      this.#list,
      this.#order.map((id) => this.#line(id).element),
    );
    this.#more.hidden = entries.length <= this.#limit;
    setText(this.#more, `${formatNumber(entries.length - shown.length)} more`);
    if (!this.#order.includes(this.#tabStop)) this.#tabStop = this.#order[0] ?? ROOT_ID;
  }

  #showMore(): void {
    this.#limit += ROWS_PER_PAGE;
    this.#layoutAndPaint();
  }

  #layoutAndPaint(): void {
    this.#layout();
    for (const id of this.#order) this.#paintLine(id);
  }

  #line(id: string): TreeLine {
    const existing = this.#lines.get(id);
    if (existing !== undefined) return existing;
    const line: TreeLine = {
      element: make("div", "lgs-row"),
      twisty: make("span", "lgs-twisty"),
      glyph: make("span", "lgs-slot"),
      key: make("i", "lgs-key"),
      name: make("span", "lgs-row-name"),
      tag: make("span", "lgs-tag", "subgraph"),
      visits: make("span", "lgs-visits"),
      tokens: make("span", "lgs-row-tokens"),
      time: make("span"),
    };
    const label = make("span", "lgs-row-label", line.name, line.visits, line.tag);
    const facts = make("span", "lgs-row-facts", line.tokens, line.time);
    line.element.append(line.twisty, line.glyph, line.key, label, facts);
    line.glyph.setAttribute("role", "img");
    line.element.setAttribute("role", "treeitem");
    line.element.dataset["row"] = id;
    this.#lines.set(id, line);
    return line;
  }

  #updateLevel({ id, level, hasChildren }: TreeEntry): void {
    const line = this.#line(id);
    setAttribute(line.element, "aria-level", String(level + 1));
    line.element.style.setProperty("--lgs-depth", String(level));
    if (hasChildren && line.twisty.firstChild === null) line.twisty.append(icon("open"));
    line.twisty.hidden = !hasChildren;
    if (hasChildren) setAttribute(line.element, "aria-expanded", String(!this.#collapsed.has(id)));
    else line.element.removeAttribute("aria-expanded");
  }

  #paintLine(id: string): void {
    const row = this.context.cursor.tables.tree.get(id);
    const line = this.#lines.get(id);
    if (row === undefined || line === undefined) return;
    const status = row.status ?? "pending";
    setIcon(line.glyph, status);
    setAttribute(line.glyph, "aria-label", statusWord(status));
    line.element.className = `lgs-row lgs-is-${status}`;
    setColor(line.key, status === "pending" ? undefined : row.color);
    line.key.hidden = row.kind === "graph";
    setText(line.name, row.name ?? "…");
    line.tag.hidden = row.kind !== "subgraph";
    setText(line.visits, (row.visits ?? 0) > 1 ? `×${row.visits}` : "");
    setAttribute(line.element, "title", `${row.path || row.name || ""}: ${statusWord(status)}`);
    setAttribute(line.element, "aria-selected", String(this.context.selection.isSelected(id)));
    line.element.tabIndex = id === this.#tabStop ? 0 : -1;
    if (status === "running") this.#runningRows.add(id);
    else this.#runningRows.delete(id);
    this.#paintFacts(id, this.context.cursor.now());
  }

  #paintFacts(id: string, now: number): void {
    const row = this.context.cursor.tables.tree.get(id);
    const line = this.#lines.get(id);
    if (row === undefined || line === undefined) return;
    setText(line.tokens, row.tokens ? `${formatNumber(row.tokens)} tok · ` : "");
    setText(line.time, elapsedTime(row, now));
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const id = target.closest<HTMLElement>(".lgs-row")?.dataset["row"];
    if (id === undefined) return;
    this.#moveTo(id);
    if (target.closest(".lgs-twisty") !== null) this.#toggle(id);
    else this.context.selection.selectRow(id);
  }

  #onKeyDown(event: KeyboardEvent): void {
    const index = this.#order.indexOf(this.#tabStop);
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.#moveTo(this.#order[index + 1]),
      ArrowUp: () => this.#moveTo(this.#order[index - 1]),
      Home: () => this.#moveTo(this.#order[0]),
      End: () => this.#moveTo(this.#order.at(-1)),
      ArrowRight: () =>
        this.#expandedState() === "false" ? this.#toggle(this.#tabStop) : this.#moveTo(this.#firstChild(index)),
      ArrowLeft: () => (this.#expandedState() === "true" ? this.#toggle(this.#tabStop) : this.#moveTo(this.#parent())),
      Enter: () => this.context.selection.selectRow(this.#tabStop),
      " ": () => this.context.selection.selectRow(this.#tabStop),
    };
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  /** "true" or "false" for the row that has the focus; null if it has nothing to expand. */
  #expandedState(): string | null {
    return this.#line(this.#tabStop).element.getAttribute("aria-expanded");
  }

  #firstChild(index: number): string | undefined {
    const next = this.#order[index + 1];
    return next !== undefined && this.context.cursor.tables.tree.get(next)?.parent === this.#tabStop ? next : undefined;
  }

  #parent(): string | undefined {
    const parent = this.context.cursor.tables.tree.get(this.#tabStop)?.parent;
    return parent === "" ? undefined : parent;
  }

  #moveTo(id: string | undefined): void {
    if (id === undefined) return;
    const previous = this.#lines.get(this.#tabStop);
    if (previous !== undefined) previous.element.tabIndex = -1;
    this.#tabStop = id;
    const { element } = this.#line(id);
    element.tabIndex = 0;
    element.focus({ preventScroll: true });
    element.scrollIntoView?.({ block: "nearest" });
  }

  #toggle(id: string): void {
    if (!this.#collapsed.delete(id)) this.#collapsed.add(id);
    this.#layoutAndPaint();
  }
}

function elapsedTime(row: TreeRow, now: number): string {
  if (row.status === undefined || row.status === "pending") return "–";
  if (row.status === "waiting") return "waiting";
  if (row.status === "running") return formatClock((row.busy ?? 0) + now - (row.started ?? now));
  return formatDuration(row.busy ?? (row.ended ?? now) - (row.started ?? now));
}
