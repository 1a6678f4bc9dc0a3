/** The tokens panel: one card per call, in the order in which they started, with the custom writes between them. */

import { pushTo } from "../../model/pushTo";
import { ConcurrentCalls, type CallGroup } from "../../model/concurrentCalls";
import { CallCard } from "./callCard";
import { arrange, button, make, setAttribute, setColor, setText } from "../../dom/dom";
import { formatNumber } from "../../dom/format";
import type { CallRow, NoteRow } from "../../protocol/rows";
import type { Panel, PanelContext } from "../panel";
import type { Changes } from "../../model/store";

/** Cards and notes in the page at once; a button adds as many earlier ones. */
const ITEMS_PER_PAGE = 200;
/** At most this many cards fit into the visible part of the panel. */
const MAX_VISIBLE_ITEMS = 20;
/** A reader this near to the end (px) is reading the end. */
const NEAR_END_PX = 24;

interface Item {
  table: "call" | "note";
  id: string;
  /** When it started, in seconds. */
  time: number;
}

interface NoteLine {
  element: HTMLElement;
  path: HTMLElement;
  text: HTMLElement;
}

export class TokensPanel implements Panel {
  readonly element = make("div", "lgs-tokens");
  readonly #scroller = make("div", "lgs-scroller");
  readonly #list = make("div", "lgs-list");
  readonly #empty = make("p", "lgs-empty");
  readonly #earlierButton = button("lgs-earlier", "", () => this.#showEarlier());
  readonly #followButton = button("lgs-follow", "Follow the end", () => this.#followEnd());
  readonly #cards = new Map<string, CallCard>();
  readonly #notes = new Map<string, NoteLine>();
  /** The blocks that hold the cards of calls that overlap in time, by the first call. */
  readonly #blocks = new Map<string, HTMLElement>();
  /** All items in order, those before `first` included. */
  #items: Item[] = [];
  /** Keys of the calls and notes that need no new item. */
  readonly #knownItems = new Set<string>();
  /** The rows of the custom writes of tools, by their call. */
  readonly #progress = new Map<string, NoteRow[]>();
  readonly #concurrentCalls: ConcurrentCalls;
  /** The index of the first item in the page. */
  #first = 0;
  /** True while the panel keeps showing the end. */
  #isFollowing = true;

  constructor(private readonly context: PanelContext) {
    this.#concurrentCalls = new ConcurrentCalls(() => context.cursor.tables);
    this.#list.setAttribute("role", "log");
    this.#list.setAttribute("aria-label", "What models, tools and nodes wrote");
    this.#scroller.tabIndex = 0;
    this.#scroller.setAttribute("role", "group");
    this.#scroller.setAttribute("aria-label", "Tokens");
    this.#scroller.append(this.#earlierButton, this.#list, this.#empty);
    this.#scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    this.#followButton.hidden = true;
    this.element.append(this.#scroller, this.#followButton);
    // Called once per frame, after all views are laid out; measuring while painting would lay out the page for each.
    const resizeObserver = new ResizeObserver(() => this.#scrollToEnd());
    for (const element of [this.#list, this.#scroller]) resizeObserver.observe(element);
  }

  paint(changes: Changes): void {
    if (changes.all) this.#rebuild();
    else this.#extend(changes);
    const { ids } = changes;
    const withProgress = changes.all ? undefined : this.#callsOfNotes(ids.note);
    // While the reader drags through time only the end is visible; the rest is painted when the drag ends.
    const from = this.context.cursor.isMoving
      ? Math.max(this.#first, this.#items.length - MAX_VISIBLE_ITEMS)
      : this.#first;
    for (const item of this.#items.slice(from)) {
      if (changes.all || ids[item.table].has(item.id) || (item.table === "call" && withProgress?.has(item.id)))
        this.#paintItem(item);
    }
    if (!changes.all && ids.run.size > 0) this.#closeCards();
    this.#paintEmpty();
  }

  #rebuild(): void {
    const { call, note } = this.context.cursor.tables;
    const { selection } = this.context;
    this.#items = [];
    this.#knownItems.clear();
    this.#progress.clear();
    for (const [id, row] of call)
      if (selection.showsCall(id, row)) this.#add({ table: "call", id, time: row.started ?? 0 });
    for (const [id, row] of note) {
      if (this.#isOwnItem(id, row)) this.#add({ table: "note", id, time: row.at ?? 0 });
    }
    for (const elements of [this.#cards, this.#blocks]) {
      for (const id of elements.keys()) if (!call.has(id)) elements.delete(id);
    }
    for (const id of this.#notes.keys()) if (!note.has(id)) this.#notes.delete(id);
    this.#items.sort((a, b) => a.time - b.time);
    this.#regroup();
    this.#first = Math.max(0, this.#items.length - ITEMS_PER_PAGE);
    this.#arrangeItems();
    this.#paintEarlier();
  }

  /** Insert new items at their place in time, which is nearly always the end. */
  #extend({ ids }: Changes): void {
    const { call, note } = this.context.cursor.tables;
    const { selection } = this.context;
    const newItems: Item[] = [];
    for (const id of ids.call) {
      const row = call.get(id);
      if (row && !this.#knownItems.has(itemKey("call", id)) && selection.showsCall(id, row)) {
        newItems.push({ table: "call", id, time: row.started ?? Infinity });
      }
    }
    for (const id of ids.note) {
      const row = note.get(id);
      if (row && !this.#knownItems.has(itemKey("note", id)) && this.#isOwnItem(id, row)) {
        newItems.push({ table: "note", id, time: row.at ?? Infinity });
      }
    }
    newItems.sort((a, b) => a.time - b.time);
    this.#skipFlood(newItems);
    for (const item of newItems) this.#insert(item);
    if (newItems.length > 0) this.#trim();
  }

  /** Of more notes than the page holds, take the first ones, which `trim` would remove again, without elements. */
  #skipFlood(newItems: Item[]): void {
    const skipped = newItems.length - ITEMS_PER_PAGE;
    if (skipped <= 0 || !this.#isFollowing || newItems.some(({ table }) => table !== "note")) return;
    if ((newItems[0]?.time ?? 0) < (this.#items.at(-1)?.time ?? 0)) return;
    for (const item of newItems.splice(0, skipped)) this.#add(item);
    this.#first = this.#items.length;
    this.#list.replaceChildren();
    this.#notes.clear();
  }

  /** True if the note is an item of its own. One that a tool wrote is added to the tool's card instead. */
  #isOwnItem(id: string, row: NoteRow): boolean {
    if (row.call === undefined || !this.context.cursor.tables.call.has(row.call))
      return this.context.selection.showsNote(id, row);
    this.#knownItems.add(itemKey("note", id));
    pushTo(this.#progress, row.call, row);
    return false;
  }

  /** The tool calls that wrote these notes. */
  #callsOfNotes(ids: ReadonlySet<string>): Set<string> {
    const { note } = this.context.cursor.tables;
    return new Set([...ids].map((id) => note.get(id)?.call ?? ""));
  }

  /** Find out again which calls are shown side by side. */
  #regroup(): void {
    this.#concurrentCalls.clear();
    for (const { table, id } of this.#items) if (table === "call") this.#concurrentCalls.add(id, this.#row(id));
    for (const group of new Set(this.#concurrentCalls.groups.values())) this.#paintGroup(group);
  }

  /** Put the elements of the items into the page in order; the calls of a group share a block. */
  #arrangeItems(): void {
    const cardsByBlock = new Map<HTMLElement, HTMLElement[]>();
    for (const item of this.#items.slice(this.#first)) {
      const element = this.#elementOf(item);
      pushTo(cardsByBlock, this.#blockOf(item) ?? element, element);
    }
    for (const [block, cards] of cardsByBlock) if (cards[0] !== block) arrange(block, cards);
    arrange(this.#list, [...cardsByBlock.keys()]);
  }

  #blockOf({ table, id }: Item): HTMLElement | undefined {
    const first = table === "call" ? this.#concurrentCalls.groups.get(id)?.ids[0] : undefined;
    if (first === undefined) return undefined;
    let block = this.#blocks.get(first);
    if (block === undefined) this.#blocks.set(first, (block = make("div", "lgs-abreast")));
    return block;
  }

  #paintGroup(group: CallGroup): void {
    const columns = group.ids.length > 1 ? this.#concurrentCalls.columns(group) : [0];
    const branches = Math.max(...columns) + 1;
    group.ids.forEach((id, index) => {
      const { classList, style } = this.#card(id).element;
      const column = columns[index] ?? 0;
      classList.toggle("lgs-beside", branches > 1);
      classList.toggle("lgs-many", branches > 2);
      style.setProperty("--lgs-of-two", String(1 + 3 * (column % 2)));
      style.setProperty("--lgs-of-three", String(1 + 2 * (column % 3)));
    });
  }

  #row(id: string): CallRow {
    return this.context.cursor.tables.call.get(id) ?? {};
  }

  #add(item: Item): void {
    this.#knownItems.add(itemKey(item.table, item.id));
    this.#items.push(item);
  }

  #insert(item: Item): void {
    let index = this.#items.length;
    while (index > this.#first && (this.#items[index - 1] as Item).time > item.time) index--;
    const next = this.#items[index];
    this.#knownItems.add(itemKey(item.table, item.id));
    this.#items.splice(index, 0, item);
    if (next !== undefined) {
      this.#regroup();
      this.#arrangeItems();
      return;
    }
    if (item.table === "call") this.#paintGroup(this.#concurrentCalls.add(item.id, this.#row(item.id)));
    const element = this.#elementOf(item);
    const block = this.#blockOf(item);
    block?.append(element);
    if (block?.parentElement !== this.#list) this.#list.append(block ?? element);
  }

  /** Remove the oldest cards from the page, but only while the reader follows the end: they may be reading them. */
  #trim(): void {
    if (!this.#isFollowing) return;
    while (this.#items.length - this.#first > ITEMS_PER_PAGE) {
      const oldest = this.#items[this.#first++] as Item;
      this.#elementOf(oldest).remove();
      this.#notes.delete(oldest.id);
      const block = this.#blockOf(oldest);
      if (block?.childElementCount === 0) block.remove();
    }
    this.#paintEarlier();
  }

  #showEarlier(): void {
    const end = this.#first;
    this.#first = Math.max(0, end - ITEMS_PER_PAGE);
    this.#isFollowing = false;
    const scroller = this.#scroller;
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    const earlier = this.#items.slice(this.#first, end);
    for (const item of earlier.toReversed()) {
      this.#paintItem(item);
      const element = this.#elementOf(item);
      const block = this.#blockOf(item);
      block?.prepend(element);
      this.#list.prepend(block ?? element); // a block is where its first card is
    }
    this.#paintEarlier();
    scroller.scrollTop = scroller.scrollHeight - fromEnd;
  }

  #paintEarlier(): void {
    this.#earlierButton.hidden = this.#first === 0;
    setText(this.#earlierButton, `${formatNumber(this.#first)} earlier`);
  }

  #elementOf({ table, id }: Item): HTMLElement {
    return table === "call" ? this.#card(id).element : this.#note(id).element;
  }

  #card(id: string): CallCard {
    let card = this.#cards.get(id);
    if (card === undefined) {
      const { cursor, selection } = this.context;
      card = new CallCard(() => selection.selectTask(cursor.tables.call.get(id)?.task));
      this.#cards.set(id, card);
    }
    return card;
  }

  #note(id: string): NoteLine {
    let line = this.#notes.get(id);
    if (line === undefined) {
      line = {
        element: make("div", "lgs-note"),
        path: make("span", "lgs-note-path"),
        text: make("span", "lgs-note-text"),
      };
      line.element.append(line.path, line.text);
      this.#notes.set(id, line);
    }
    return line;
  }

  #paintItem({ table, id }: Item): void {
    if (table === "call") this.#paintCard(id);
    else this.#paintNote(this.#note(id), this.context.cursor.tables.note.get(id) ?? {});
  }

  #paintCard(id: string): void {
    const { cursor } = this.context;
    const row = cursor.tables.call.get(id);
    if (row === undefined) return;
    const tree = row.row === undefined ? undefined : cursor.tables.tree.get(row.row);
    const progress = this.#progress.get(id) ?? [];
    this.#card(id).paint(row, { tree, isRunning: cursor.isRunning, isAbridged: cursor.isMoving, progress });
  }

  #paintNote(line: NoteLine, row: NoteRow): void {
    setColor(line.element, this.context.cursor.tables.tree.get(row.row ?? "")?.color);
    setText(line.path, row.path ?? "");
    setText(line.text, row.text ?? "");
    line.text.classList.toggle("lgs-flood", row.writes !== undefined);
    setAttribute(line.element, "title", row.text ?? "");
  }

  /** Remove the carets of cards that were still being written when the run ended. */
  #closeCards(): void {
    if (this.context.cursor.isRunning) return;
    for (const [id, card] of this.#cards) if (card.element.getAttribute("aria-busy") === "true") this.#paintCard(id);
  }

  #paintEmpty(): void {
    const { cursor } = this.context;
    const { call, note } = cursor.live.tables;
    this.element.classList.toggle("lgs-quiet", !cursor.live.isRunning && call.size + note.size === 0);
    this.#empty.hidden = this.#items.length > 0;
    if (this.#empty.hidden) return;
    const { selection } = this.context;
    const nothing = cursor.isRunning ? "No tokens yet." : "No model was called.";
    setText(this.#empty, selection.isFiltering ? "Nothing here matches." : nothing);
  }

  /** Scroll to the end if the reader follows it or looks at the past, where the end is what was new. */
  #scrollToEnd(): void {
    const scroller = this.#scroller;
    if (this.#isFollowing || this.context.cursor.time !== undefined) scroller.scrollTop = scroller.scrollHeight;
  }

  #onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    this.#isFollowing = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    const { isRunning, time } = this.context.cursor;
    this.#followButton.hidden = this.#isFollowing || !isRunning || time !== undefined;
  }

  #followEnd(): void {
    this.#isFollowing = true;
    this.#followButton.hidden = true;
    this.#scrollToEnd();
    this.#trim();
  }
}

function itemKey(table: Item["table"], id: string): string {
  return `${table} ${id}`;
}
