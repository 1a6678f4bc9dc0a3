/** What the reader looks at: a tree row, a task, a filter text; and which rows that leaves. One per view. */

import { childrenOf } from "./treeOrder";
import { type CallRow, type NoteRow, ROOT, type TreeRow } from "../protocol/rows";
import type { Replay } from "./timeCursor";
import type { Changes } from "./store";

export class Focus {
  /** The tree row whose subtree is shown, if not all. */
  row: string | undefined;
  /** The task in the inspector, if chosen. */
  task: string | undefined;
  private also: readonly string[] = [];
  private query = "";
  private subtree: Set<string> | undefined;
  private matching: Set<string> | undefined;
  private readonly hits = new Set<string>();
  private moved = false;

  /** `notify`: called after the reader moved, to have everything painted anew. */
  constructor(
    private readonly store: Pick<Replay, "tables">,
    private readonly notify: () => void,
  ) {}

  /** Show one row (with `also`: several, the parallel tasks of a node) and what is below; the root, or the same row
   * again, shows all. */
  selectRow(id: string | undefined, also: readonly string[] = []): void {
    this.row = id === this.row || id === ROOT ? undefined : id;
    this.also = this.row === undefined ? [] : also;
    this.task = undefined;
    this.move();
  }

  selectTask(id: string | undefined): void {
    this.task = id;
    this.move();
  }

  filter(text: string): void {
    this.query = text.trim().toLowerCase();
    this.hits.clear();
    this.move();
  }

  clear(): void {
    this.selectRow(undefined);
  }

  isSelected(id: string): boolean {
    return id === this.row || this.also.includes(id);
  }

  get filtering(): boolean {
    return this.query !== "" || this.row !== undefined;
  }

  /** To be called before painting. Marks everything as changed where the set of visible rows may have. */
  update(changes: Changes): void {
    if (!this.moved && !changes.all && !this.filtering) return;
    const { ids } = changes;
    if (this.moved || changes.all || ids.tree.size > 0 || (this.query !== "" && ids.call.size + ids.note.size > 0)) {
      const before = [this.subtree?.size, this.matching?.size];
      if (changes.all) this.hits.clear(); // what matched may be what a text becomes only later
      this.subtree = this.row === undefined ? undefined : this.below([this.row, ...this.also]);
      this.matching = this.query === "" ? undefined : this.search();
      if (this.moved || before[0] !== this.subtree?.size || before[1] !== this.matching?.size) changes.all = true;
    }
    this.moved = false;
  }

  /** Whether the tree lists the row: the selection does not thin out the tree itself. */
  listsRow(id: string): boolean {
    return this.matching === undefined || this.matching.has(id);
  }

  /** Whether lanes and tasks of this tree row are shown. */
  showsRow(id: string | undefined): boolean {
    if (id === undefined) return !this.filtering;
    return this.inSubtree(id) && this.listsRow(id);
  }

  showsCall(id: string, call: CallRow): boolean {
    return this.inSubtree(call.row ?? ROOT) && (this.query === "" || this.hits.has(id));
  }

  showsNote(id: string, note: NoteRow): boolean {
    return this.inSubtree(note.row ?? ROOT) && (this.query === "" || this.hits.has(id));
  }

  private inSubtree(id: string): boolean {
    return this.subtree === undefined || this.subtree.has(id);
  }

  private move(): void {
    this.moved = true;
    this.notify();
  }

  private below(tops: readonly string[]): Set<string> {
    const children = childrenOf(this.store.tables.tree);
    const found = new Set(tops);
    for (const id of found) for (const child of children.get(id) ?? []) found.add(child);
    return found;
  }

  /** Tree rows that match by name, or own a call or note that matches; with what leads to them. */
  private search(): Set<string> {
    const { tree, call, note } = this.store.tables;
    const found = new Set<string>();
    for (const [id, row] of tree) if (this.names(row)) this.climb(id, found);
    for (const [id, row] of call) {
      if (!this.hits.has(id) && this.matchesCall(row)) this.hits.add(id);
      if (this.hits.has(id)) this.climb(row.row, found);
    }
    for (const [id, row] of note) {
      if (!this.hits.has(id) && this.contains(row.path, row.text)) this.hits.add(id);
      if (!this.hits.has(id)) continue;
      if (row.call !== undefined) this.hits.add(row.call); // it is part of that tool's card
      this.climb(row.row, found);
    }
    return found;
  }

  private climb(id: string | undefined, found: Set<string>): void {
    const { tree } = this.store.tables;
    for (let at = id; at !== undefined && at !== "" && !found.has(at); at = tree.get(at)?.parent) found.add(at);
  }

  private names(row: TreeRow): boolean {
    return row.kind !== "graph" && this.contains(row.path, row.name);
  }

  private matchesCall(call: CallRow): boolean {
    const tools = (call.tool_calls ?? []).flatMap(({ name, args }) => [name, args]);
    return this.contains(call.path, call.model, call.name, call.text, call.args, ...(call.tags ?? []), ...tools);
  }

  private contains(...texts: (string | undefined)[]): boolean {
    return texts.some((text) => text?.toLowerCase().includes(this.query));
  }
}
