/** The token panel: a card a call, in the order they began, with the custom writes between them. */

import { Abreast, type Group } from "../../model/concurrentCalls";
import { Card } from "./callCard";
import { arrange, button, make, setAttribute, setColor, setText } from "../../dom/dom";
import { count } from "../../dom/format";
import type { CallRow, NoteRow } from "../../protocol/rows";
import type { Painter, Scene } from "../panel";
import type { Changes } from "../../model/store";

/** Cards in the page at once; earlier ones come by a button. */
const WINDOW = 200;
/** Cards that the panel can show at once, at most. */
const SEEN = 20;
/** How near the end (px) counts as reading the end. */
const NEAR = 24;

interface Item {
  table: "call" | "note";
  id: string;
  at: number;
}

interface NoteLine {
  element: HTMLElement;
  path: HTMLElement;
  text: HTMLElement;
}

export class Tokens implements Painter {
  readonly element = make("div", "lgs-tokens");
  private readonly scroller = make("div", "lgs-scroller");
  private readonly list = make("div", "lgs-list");
  private readonly empty = make("p", "lgs-empty");
  private readonly earlier = button("lgs-earlier", "", () => this.showEarlier());
  private readonly follow = button("lgs-follow", "Follow the end", () => this.followAgain());
  private readonly cards = new Map<string, Card>();
  private readonly notes = new Map<string, NoteLine>();
  /** Where calls stand side by side, by the first of them. */
  private readonly blocks = new Map<string, HTMLElement>();
  private items: Item[] = [];
  private readonly known = new Set<string>();
  /** What tools wrote, by their call. */
  private readonly progress = new Map<string, string[]>();
  private readonly abreast: Abreast;
  private first = 0;
  private following = true;

  constructor(private readonly scene: Scene) {
    this.abreast = new Abreast(() => scene.store.tables);
    this.list.setAttribute("role", "log");
    this.list.setAttribute("aria-label", "What models, tools and nodes wrote");
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute("role", "group");
    this.scroller.setAttribute("aria-label", "Tokens");
    this.scroller.append(this.earlier, this.list, this.empty);
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.follow.hidden = true;
    this.element.append(this.scroller, this.follow);
    // Told once a frame when all views are laid out; to measure when painting would lay the page out for each.
    const grown = new ResizeObserver(() => this.toEnd());
    for (const element of [this.list, this.scroller]) grown.observe(element);
  }

  paint(changes: Changes): void {
    if (changes.all) this.rebuild();
    else this.extend(changes);
    const { ids } = changes;
    const wrote = changes.all ? undefined : this.writers(ids.note);
    // In a drag through time the end is what is seen; the rest is painted when the drag rests.
    const from = this.scene.store.moving ? Math.max(this.first, this.items.length - SEEN) : this.first;
    for (const item of this.items.slice(from)) {
      if (changes.all || ids[item.table].has(item.id) || (item.table === "call" && wrote?.has(item.id)))
        this.paintItem(item);
    }
    if (!changes.all && ids.run.size > 0) this.closeAll();
    this.paintEmpty();
  }

  private rebuild(): void {
    const { call, note } = this.scene.store.tables;
    const { focus } = this.scene;
    this.items = [];
    this.known.clear();
    this.progress.clear();
    for (const [id, row] of call) if (focus.showsCall(id, row)) this.add({ table: "call", id, at: row.started ?? 0 });
    for (const [id, row] of note) {
      if (this.takesNote(id, row)) this.add({ table: "note", id, at: row.at ?? 0 });
    }
    for (const known of [this.cards, this.blocks]) for (const id of known.keys()) if (!call.has(id)) known.delete(id);
    for (const id of this.notes.keys()) if (!note.has(id)) this.notes.delete(id);
    this.items.sort((a, b) => a.at - b.at);
    this.group();
    this.first = Math.max(0, this.items.length - WINDOW);
    this.place();
    this.paintEarlier();
  }

  /** Put in what is new, at its place in time: nearly always the end. */
  private extend({ ids }: Changes): void {
    const { call, note } = this.scene.store.tables;
    const { focus } = this.scene;
    const fresh: Item[] = [];
    for (const id of ids.call) {
      const row = call.get(id);
      if (row && !this.known.has(`call ${id}`) && focus.showsCall(id, row)) {
        fresh.push({ table: "call", id, at: row.started ?? Infinity });
      }
    }
    for (const id of ids.note) {
      const row = note.get(id);
      if (row && !this.known.has(`note ${id}`) && this.takesNote(id, row)) {
        fresh.push({ table: "note", id, at: row.at ?? Infinity });
      }
    }
    fresh.sort((a, b) => a.at - b.at);
    for (const item of fresh) this.insert(item);
    if (fresh.length > 0) this.trim();
  }

  /** Whether the note is an item of its own; one that a tool wrote goes to the tool's card. */
  private takesNote(id: string, row: NoteRow): boolean {
    if (row.call === undefined || !this.scene.store.tables.call.has(row.call))
      return this.scene.focus.showsNote(id, row);
    this.known.add(`note ${id}`);
    const texts = this.progress.get(row.call);
    if (texts === undefined) this.progress.set(row.call, [row.text ?? ""]);
    else texts.push(row.text ?? "");
    return false;
  }

  private writers(notes: ReadonlySet<string>): Set<string> {
    const { note } = this.scene.store.tables;
    return new Set([...notes].map((id) => note.get(id)?.call ?? ""));
  }

  /** Find anew which calls stand side by side. */
  private group(): void {
    this.abreast.clear();
    for (const { table, id } of this.items) if (table === "call") this.abreast.add(id, this.row(id));
    for (const group of new Set(this.abreast.of.values())) this.paintGroup(group);
  }

  /** Bring what is in the page into its order: the calls of a group in a block of their own. */
  private place(): void {
    const inside = new Map<HTMLElement, HTMLElement[]>();
    for (const item of this.items.slice(this.first)) {
      const element = this.elementOf(item);
      const block = this.blockOf(item) ?? element;
      const cards = inside.get(block);
      if (cards === undefined) inside.set(block, [element]);
      else cards.push(element);
    }
    for (const [block, cards] of inside) if (cards[0] !== block) arrange(block, cards);
    arrange(this.list, [...inside.keys()]);
  }

  private blockOf({ table, id }: Item): HTMLElement | undefined {
    const first = table === "call" ? this.abreast.of.get(id)?.ids[0] : undefined;
    if (first === undefined) return undefined;
    let block = this.blocks.get(first);
    if (block === undefined) this.blocks.set(first, (block = make("div", "lgs-abreast")));
    return block;
  }

  private paintGroup(group: Group): void {
    const columns = group.ids.length > 1 ? this.abreast.columns(group) : [0];
    const branches = Math.max(...columns) + 1;
    group.ids.forEach((id, at) => {
      const { classList, style } = this.card(id).element;
      const column = columns[at] ?? 0;
      classList.toggle("lgs-beside", branches > 1);
      classList.toggle("lgs-many", branches > 2);
      style.setProperty("--lgs-of-two", String(1 + 3 * (column % 2)));
      style.setProperty("--lgs-of-three", String(1 + 2 * (column % 3)));
    });
  }

  private row(id: string): CallRow {
    return this.scene.store.tables.call.get(id) ?? {};
  }

  private add(item: Item): void {
    this.known.add(`${item.table} ${item.id}`);
    this.items.push(item);
  }

  private insert(item: Item): void {
    let place = this.items.length;
    while (place > this.first && (this.items[place - 1] as Item).at > item.at) place--;
    const next = this.items[place];
    this.known.add(`${item.table} ${item.id}`);
    this.items.splice(place, 0, item);
    if (next !== undefined) {
      this.group();
      this.place();
      return;
    }
    if (item.table === "call") this.paintGroup(this.abreast.add(item.id, this.row(item.id)));
    const element = this.elementOf(item);
    const block = this.blockOf(item);
    block?.append(element);
    if (block?.parentElement !== this.list) this.list.append(block ?? element);
  }

  /** While the reader follows the end, the oldest cards leave the page; never under the eyes of one who reads them. */
  private trim(): void {
    if (!this.following) return;
    while (this.items.length - this.first > WINDOW) {
      const oldest = this.items[this.first++] as Item;
      this.elementOf(oldest).remove();
      const block = this.blockOf(oldest);
      if (block?.childElementCount === 0) block.remove();
    }
    this.paintEarlier();
  }

  private showEarlier(): void {
    const upTo = this.first;
    this.first = Math.max(0, upTo - WINDOW);
    this.following = false;
    const { scroller } = this;
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    const more = this.items.slice(this.first, upTo);
    for (const item of more.toReversed()) {
      this.paintItem(item);
      const element = this.elementOf(item);
      const block = this.blockOf(item);
      block?.prepend(element);
      this.list.prepend(block ?? element); // a block stands where its first card does
    }
    this.paintEarlier();
    scroller.scrollTop = scroller.scrollHeight - fromEnd;
  }

  private paintEarlier(): void {
    this.earlier.hidden = this.first === 0;
    setText(this.earlier, `${count(this.first)} earlier`);
  }

  private elementOf({ table, id }: Item): HTMLElement {
    return table === "call" ? this.card(id).element : this.note(id).element;
  }

  private card(id: string): Card {
    let card = this.cards.get(id);
    if (card === undefined) {
      const { store, focus } = this.scene;
      card = new Card(() => focus.selectTask(store.tables.call.get(id)?.task));
      this.cards.set(id, card);
    }
    return card;
  }

  private note(id: string): NoteLine {
    let line = this.notes.get(id);
    if (line === undefined) {
      line = {
        element: make("div", "lgs-note"),
        path: make("span", "lgs-note-path"),
        text: make("span", "lgs-note-text"),
      };
      line.element.append(line.path, line.text);
      this.notes.set(id, line);
    }
    return line;
  }

  private paintItem({ table, id }: Item): void {
    if (table === "call") this.paintCard(id);
    else this.paintNote(this.note(id), this.scene.store.tables.note.get(id) ?? {});
  }

  private paintCard(id: string): void {
    const { store } = this.scene;
    const row = store.tables.call.get(id);
    if (row === undefined) return;
    const tree = row.row === undefined ? undefined : store.tables.tree.get(row.row);
    const progress = this.progress.get(id) ?? [];
    this.card(id).paint(row, { tree, live: store.running, brief: store.moving, progress });
  }

  private paintNote(line: NoteLine, row: NoteRow): void {
    setColor(line.element, this.scene.store.tables.tree.get(row.row ?? "")?.color);
    setText(line.path, row.path ?? "");
    setText(line.text, row.text ?? "");
    setAttribute(line.element, "title", row.text ?? "");
  }

  /** When the run stops short, cards that were still being written lose their caret. */
  private closeAll(): void {
    if (this.scene.store.running) return;
    for (const [id, card] of this.cards) if (card.element.getAttribute("aria-busy") === "true") this.paintCard(id);
  }

  private paintEmpty(): void {
    const { store } = this.scene;
    const { call, note } = store.live.tables;
    this.element.classList.toggle("lgs-quiet", !store.live.running && call.size + note.size === 0);
    this.empty.hidden = this.items.length > 0;
    if (this.empty.hidden) return;
    const { focus } = this.scene;
    const nothing = store.running ? "No tokens yet." : "No model was called.";
    setText(this.empty, focus.filtering ? "Nothing here matches." : nothing);
  }

  /** Show the end to one who follows it, or looks at the past: there the end is what was new. */
  private toEnd(): void {
    const { scroller, following } = this;
    if (following || this.scene.store.at !== undefined) scroller.scrollTop = scroller.scrollHeight;
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.following = scrollHeight - scrollTop - clientHeight < NEAR;
    const { running, at } = this.scene.store;
    this.follow.hidden = this.following || !running || at !== undefined;
  }

  private followAgain(): void {
    this.following = true;
    this.follow.hidden = true;
    this.toEnd();
    this.trim();
  }
}
