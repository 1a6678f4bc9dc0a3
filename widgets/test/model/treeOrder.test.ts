import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { walkTree } from "../../src/model/treeOrder";
import type { TreeRow } from "../../src/protocol/rows";

test("rows are in the order in which Python shows them", () => {
  const { rows, order } = JSON.parse(readFileSync("../tests/fixtures/tree_order.json", "utf8")) as {
    rows: Record<string, TreeRow>;
    order: [string, number][];
  };
  const entries = [...walkTree(new Map(Object.entries(rows)))];
  expect(entries.map(({ id, level }) => [id, level])).toEqual(order);
});

test("rows below a collapsed one are left out", () => {
  const rows = new Map<string, TreeRow>([
    ["/", { parent: "" }],
    ["/a", { parent: "/" }],
    ["/a/b", { parent: "/a" }],
  ]);
  const entries = [...walkTree(rows, (id) => id !== "/a")];
  expect(entries.map(({ id, hasChildren }) => [id, hasChildren])).toEqual([
    ["/", true],
    ["/a", true],
  ]);
});
