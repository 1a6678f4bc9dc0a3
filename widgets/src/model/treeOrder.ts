/** The order of the tree: depth first, siblings by their `order`. The tree and the timeline both follow it. */

import type { TreeRow } from "../protocol/rows";

export interface Step {
  id: string;
  level: number;
  /** Whether anything is below it. */
  parent: boolean;
}

/** Row ids by parent, in order; a row whose parent has not come yet stands at the top ("") until it does. */
export function childrenOf(tree: ReadonlyMap<string, TreeRow>): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const [id, row] of tree) {
    const parent = row.parent !== undefined && tree.has(row.parent) ? row.parent : "";
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [id]);
    else siblings.push(id);
  }
  const place = (id: string): number => tree.get(id)?.order ?? Number.MAX_VALUE;
  for (const siblings of children.values()) siblings.sort((a, b) => place(a) - place(b));
  return children;
}

/** Every row from the top, going below those that `opens` says yes to. */
export function* walk(
  tree: ReadonlyMap<string, TreeRow>,
  opens: (id: string) => boolean = () => true,
): Generator<Step> {
  const children = childrenOf(tree);
  const waiting = (children.get("") ?? []).map((id) => ({ id, level: 0 })).reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { id, level } = next;
    const below = children.get(id) ?? [];
    yield { id, level, parent: below.length > 0 };
    if (opens(id)) for (const child of below.toReversed()) waiting.push({ id: child, level: level + 1 });
  }
}
