/** The namespace tree: one line a node, to any depth. */

import { arrange, button, icon, make, setAttribute, setColor, setIcon, setText } from "../dom/dom";
import { count, duration, ticking } from "../dom/format";
import { type Step, walk } from "../model/treeOrder";
import { ROOT, type TreeRow } from "../protocol/rows";
import type { Painter, Scene } from "./panel";
import { word } from "../dom/status";
import type { Changes } from "../model/store";

/** Rows in the page at once; more come by a button. */
const FOLD = 300;

interface Line {
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

export class Tree implements Painter {
  readonly element = make("div", "lgs-tree-scroller");
  private readonly list = make("div", "lgs-tree");
  private readonly more = button("lgs-more", "", () => this.unfold());
  private readonly lines = new Map<string, Line>();
  private readonly collapsed = new Set<string>();
  private readonly live = new Set<string>();
  private order: string[] = [];
  private limit = FOLD;
  private known = 0;
  /** The one row that Tab reaches. */
  private cursor = ROOT;

  constructor(private readonly scene: Scene) {
    this.list.setAttribute("role", "tree");
    this.list.setAttribute("aria-label", "Nodes of the graph");
    this.list.addEventListener("click", (event) => this.click(event));
    this.list.addEventListener("keydown", (event) => this.press(event));
    this.element.append(this.list, this.more);
  }

  paint(changes: Changes): void {
    const { tree } = this.scene.store.tables;
    if (changes.all || tree.size !== this.known) this.layout();
    for (const id of changes.all ? this.order : changes.ids.tree) this.paintLine(id);
  }

  tick(now: number): void {
    for (const id of this.live) this.paintFacts(id, now);
  }

  /** Depth first, siblings by `order`; what a closed row hides is left out. */
  private layout(): void {
    const { tree } = this.scene.store.tables;
    this.known = tree.size;
    const listed: Step[] = [];
    for (const step of walk(tree, (id) => !this.collapsed.has(id))) {
      if (this.scene.focus.listsRow(step.id)) listed.push(step);
    }
    const shown = listed.slice(0, this.limit);
    for (const step of shown) this.placeLine(step);
    this.order = shown.map(({ id }) => id);
    for (const id of this.lines.keys()) if (!tree.has(id)) this.lines.delete(id);
    arrange(
      this.list,
      this.order.map((id) => this.line(id).element),
    );
    this.more.hidden = listed.length <= this.limit;
    setText(this.more, `${count(listed.length - shown.length)} more`);
    if (!this.order.includes(this.cursor)) this.cursor = this.order[0] ?? ROOT;
  }

  private unfold(): void {
    this.limit += FOLD;
    this.layoutAndPaint();
  }

  private layoutAndPaint(): void {
    this.layout();
    for (const id of this.order) this.paintLine(id);
  }

  private line(id: string): Line {
    const known = this.lines.get(id);
    if (known !== undefined) return known;
    const line: Line = {
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
    this.lines.set(id, line);
    return line;
  }

  private placeLine({ id, level, parent }: Step): void {
    const line = this.line(id);
    setAttribute(line.element, "aria-level", String(level + 1));
    line.element.style.setProperty("--lgs-depth", String(level));
    if (parent && line.twisty.firstChild === null) line.twisty.append(icon("open"));
    line.twisty.hidden = !parent;
    if (parent) setAttribute(line.element, "aria-expanded", String(!this.collapsed.has(id)));
    else line.element.removeAttribute("aria-expanded");
  }

  private paintLine(id: string): void {
    const row = this.scene.store.tables.tree.get(id);
    const line = this.lines.get(id);
    if (row === undefined || line === undefined) return;
    const status = row.status ?? "pending";
    setIcon(line.glyph, status);
    setAttribute(line.glyph, "aria-label", word(status));
    line.element.className = `lgs-row lgs-is-${status}`;
    setColor(line.key, status === "pending" ? undefined : row.color);
    line.key.hidden = row.kind === "graph";
    setText(line.name, row.name ?? "…");
    line.tag.hidden = row.kind !== "subgraph";
    setText(line.visits, (row.visits ?? 0) > 1 ? `×${row.visits}` : "");
    setAttribute(line.element, "title", `${row.path || row.name || ""}: ${word(status)}`);
    setAttribute(line.element, "aria-selected", String(this.scene.focus.isSelected(id)));
    line.element.tabIndex = id === this.cursor ? 0 : -1;
    if (status === "running") this.live.add(id);
    else this.live.delete(id);
    this.paintFacts(id, this.scene.store.now());
  }

  private paintFacts(id: string, now: number): void {
    const row = this.scene.store.tables.tree.get(id);
    const line = this.lines.get(id);
    if (row === undefined || line === undefined) return;
    setText(line.tokens, row.tokens ? `${count(row.tokens)} tok · ` : "");
    setText(line.time, time(row, now));
  }

  private click(event: MouseEvent): void {
    const target = event.target as Element;
    const id = target.closest<HTMLElement>(".lgs-row")?.dataset["row"];
    if (id === undefined) return;
    this.moveTo(id);
    if (target.closest(".lgs-twisty") !== null) this.toggle(id);
    else this.scene.focus.selectRow(id);
  }

  private press(event: KeyboardEvent): void {
    const at = this.order.indexOf(this.cursor);
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.moveTo(this.order[at + 1]),
      ArrowUp: () => this.moveTo(this.order[at - 1]),
      Home: () => this.moveTo(this.order[0]),
      End: () => this.moveTo(this.order.at(-1)),
      ArrowRight: () => (this.closed(true) ? this.toggle(this.cursor) : this.moveTo(this.firstChild(at))),
      ArrowLeft: () => (this.closed(false) ? this.toggle(this.cursor) : this.moveTo(this.parent())),
      Enter: () => this.scene.focus.selectRow(this.cursor),
      " ": () => this.scene.focus.selectRow(this.cursor),
    };
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  /** Whether the row at the cursor can be opened, and is closed (`state` true) or open (false). */
  private closed(state: boolean): boolean {
    const { element } = this.line(this.cursor);
    return element.getAttribute("aria-expanded") === String(!state);
  }

  private firstChild(at: number): string | undefined {
    const next = this.order[at + 1];
    return next !== undefined && this.scene.store.tables.tree.get(next)?.parent === this.cursor ? next : undefined;
  }

  private parent(): string | undefined {
    const parent = this.scene.store.tables.tree.get(this.cursor)?.parent;
    return parent === "" ? undefined : parent;
  }

  private moveTo(id: string | undefined): void {
    if (id === undefined) return;
    const before = this.lines.get(this.cursor);
    if (before !== undefined) before.element.tabIndex = -1;
    this.cursor = id;
    const { element } = this.line(id);
    element.tabIndex = 0;
    element.focus({ preventScroll: true });
    element.scrollIntoView?.({ block: "nearest" });
  }

  private toggle(id: string): void {
    if (!this.collapsed.delete(id)) this.collapsed.add(id);
    this.layoutAndPaint();
  }
}

function time(row: TreeRow, now: number): string {
  if (row.status === undefined || row.status === "pending") return "–";
  if (row.status === "waiting") return "waiting";
  if (row.status === "running") return ticking((row.busy ?? 0) + now - (row.started ?? now));
  return duration(row.busy ?? (row.ended ?? now) - (row.started ?? now));
}
