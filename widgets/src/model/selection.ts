/** What the reader selected: a tree row, a task, a filter text; and which rows remain visible. One per view. */

import { type CallRow, type NoteRow, ROOT_ID, type TreeRow } from "../protocol/rows";
import type { Changes } from "./store";
import type { TimeCursor } from "./timeCursor";
import { childrenByParent } from "./treeOrder";

export class Selection {
  /** The selected tree row; only it and what is below it is shown. */
  row: string | undefined;
  /** The task shown in the inspector, if one was selected. */
  task: string | undefined;
  /** Further selected rows, if several tree rows were selected together. */
  #otherRows: readonly string[] = [];
  #query = "";
  /** The rows at and below the selected ones; undefined if none is selected. */
  #subtree: Set<string> | undefined;
  /** The tree rows that match the query, with their ancestors; undefined without a query. */
  #matchingRows: Set<string> | undefined;
  /** The calls and notes that match the query. */
  readonly #matchingItems = new Set<string>();
  #hasChanged = false;

  /** `notify`: called after the selection changed, to have everything painted again. */
  constructor(
    private readonly cursor: Pick<TimeCursor, "tables">,
    private readonly notify: () => void,
  ) {}

  /**
   * Show only this row and what is below it. The root, or the row that is selected already, shows everything.
   * `otherRows`: rows to select together with it, as the parallel tasks of one node are.
   */
  selectRow(id: string | undefined, otherRows: readonly string[] = []): void {
    this.row = id === this.row || id === ROOT_ID ? undefined : id;
    this.#otherRows = this.row === undefined ? [] : otherRows;
    this.task = undefined;
    this.#markChanged();
  }

  selectTask(id: string | undefined): void {
    this.task = id;
    this.#markChanged();
  }

  /** Show only rows, calls and notes that contain this text, ignoring case. */
  filter(text: string): void {
    this.#query = text.trim().toLowerCase();
    this.#matchingItems.clear();
    this.#markChanged();
  }

  clear(): void {
    this.selectRow(undefined);
  }

  isSelected(id: string): boolean {
    return id === this.row || this.#otherRows.includes(id);
  }

  /** True if anything may be hidden. */
  get isFiltering(): boolean {
    return this.#query !== "" || this.row !== undefined;
  }

  /** To be called before painting. Sets `changes.all` if the set of visible rows may have changed. */
  update(changes: Changes): void {
    if (!this.#hasChanged && !changes.all && !this.isFiltering) return;
    const { ids } = changes;
    const hasNewItems = this.#query !== "" && ids.call.size + ids.note.size > 0;
    if (this.#hasChanged || changes.all || ids.tree.size > 0 || hasNewItems) {
      const before = [this.#subtree?.size, this.#matchingRows?.size];
      if (changes.all) this.#matchingItems.clear(); // at an earlier moment a text may not match yet
      this.#subtree = this.row === undefined ? undefined : this.#descendants([this.row, ...this.#otherRows]);
      this.#matchingRows = this.#query === "" ? undefined : this.#search();
      if (this.#hasChanged || before[0] !== this.#subtree?.size || before[1] !== this.#matchingRows?.size) {
        changes.all = true;
      }
    }
    this.#hasChanged = false;
  }

  /** True if the tree lists the row: selecting a row does not remove others from the tree itself. */
  listsRow(id: string): boolean {
    return this.#matchingRows === undefined || this.#matchingRows.has(id);
  }

  /** True if lanes and tasks of this tree row are shown. */
  showsRow(id: string | undefined): boolean {
    if (id === undefined) return !this.isFiltering;
    return this.#isInSubtree(id) && this.listsRow(id);
  }

  showsCall(id: string, call: CallRow): boolean {
    return this.#isInSubtree(call.row ?? ROOT_ID) && (this.#query === "" || this.#matchingItems.has(id));
  }

  showsNote(id: string, note: NoteRow): boolean {
    return this.#isInSubtree(note.row ?? ROOT_ID) && (this.#query === "" || this.#matchingItems.has(id));
  }

  #isInSubtree(id: string): boolean {
    return this.#subtree === undefined || this.#subtree.has(id);
  }

  #markChanged(): void {
    this.#hasChanged = true;
    this.notify();
  }

  /** These rows and all below them. */
  #descendants(ids: readonly string[]): Set<string> {
    const children = childrenByParent(this.cursor.tables.tree);
    const rows = new Set(ids);
    for (const id of rows) for (const child of children.get(id) ?? []) rows.add(child);
    return rows;
  }

  /** Tree rows that match by name, or have a call or note that matches; with their ancestors. */
  #search(): Set<string> {
    const { tree, call, note } = this.cursor.tables;
    const rows = new Set<string>();
    for (const [id, row] of tree) if (this.#matchesRow(row)) this.#addWithAncestors(id, rows);
    for (const [id, row] of call) {
      if (!this.#matchingItems.has(id) && this.#matchesCall(row)) this.#matchingItems.add(id);
      if (this.#matchingItems.has(id)) this.#addWithAncestors(row.row, rows);
    }
    for (const [id, row] of note) {
      if (!this.#matchingItems.has(id) && this.#contains(row.path, row.text)) this.#matchingItems.add(id);
      if (!this.#matchingItems.has(id)) continue;
      if (row.call !== undefined) this.#matchingItems.add(row.call); // the note is part of that tool call's card
      this.#addWithAncestors(row.row, rows);
    }
    return rows;
  }

  #addWithAncestors(id: string | undefined, rows: Set<string>): void {
    const { tree } = this.cursor.tables;
    for (let row = id; row !== undefined && row !== "" && !rows.has(row); row = tree.get(row)?.parent) rows.add(row);
  }

  #matchesRow(row: TreeRow): boolean {
    return row.kind !== "graph" && this.#contains(row.path, row.name);
  }

  #matchesCall(call: CallRow): boolean {
    const toolCalls = (call.tool_calls ?? []).flatMap(({ name, args }) => [name, args]);
    return this.#contains(call.path, call.model, call.name, call.text, call.args, ...(call.tags ?? []), ...toolCalls);
  }

  #contains(...texts: (string | undefined)[]): boolean {
    return texts.some((text) => text?.toLowerCase().includes(this.#query));
  }
}
