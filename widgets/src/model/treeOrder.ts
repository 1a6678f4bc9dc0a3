/** The order of tree rows: depth first, siblings by their `order`. The tree and the timeline use it. */

import { pushTo } from "./pushTo";
import type { TreeRow } from "../protocol/rows";

export interface TreeEntry {
  id: string;
  /** 0 for the root. */
  level: number;
  hasChildren: boolean;
}

/** Row ids by parent, in order. A row whose parent has not arrived yet is at the top ("") until it has. */
export function childrenByParent(tree: ReadonlyMap<string, TreeRow>): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const [id, row] of tree) {
    if (id === "") continue; // it would be below itself
    const parent = row.parent !== undefined && tree.has(row.parent) ? row.parent : "";
    pushTo(children, parent, id);
  }
  const order = (id: string): number => tree.get(id)?.order ?? Number.MAX_VALUE;
  for (const siblings of children.values()) siblings.sort((a, b) => order(a) - order(b));
  return children;
}

/** Every row from the top, without the rows below those for which `isExpanded` is false. */
export function* walkTree(
  tree: ReadonlyMap<string, TreeRow>,
  isExpanded: (id: string) => boolean = () => true,
): Generator<TreeEntry> {
  const childrenOf = childrenByParent(tree);
  const stack = (childrenOf.get("") ?? []).map((id) => ({ id, level: 0 })).reverse();
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { id, level } = entry;
    const children = childrenOf.get(id) ?? [];
    yield { id, level, hasChildren: children.length > 0 };
    if (isExpanded(id)) for (const child of children.toReversed()) stack.push({ id: child, level: level + 1 });
  }
}
