import { readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { running } from "../../dev/scenarios";
import { type GraphLayout, layoutGraph } from "../../src/model/graphLayout";
import type { Shape } from "../../src/protocol/rows";

const FIXTURES = "../tests/fixtures/graph_layout";

interface Fixture {
  shape: Shape;
  closed: string[];
  layout: unknown;
}

/** A layout as `tests/views/graph/test_layout_fixtures.py` writes it. */
function toJson({ boxes, lines, width, height }: GraphLayout): unknown {
  return {
    width,
    height,
    boxes: boxes.map(({ name, label, x, y, width, height, inner }) => ({
      ...{ name, label, x, y, width, height },
      inner: inner === undefined ? null : toJson(inner),
    })),
    lines: lines.map(({ source, target, conditional, label, points, labelPosition = null }) => ({
      ...{ source, target, conditional, label, points, label_position: labelPosition },
    })),
  };
}

/** Numbers rounded, as floating-point sums may differ in their last digit. */
function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, item: unknown) =>
    typeof item === "number" ? Math.round(item * 1e6) / 1e6 + 0 : item,
  );
}

test.each(readdirSync(FIXTURES))("%s is laid out as in Python", (name) => {
  const { shape, closed, layout } = JSON.parse(readFileSync(`${FIXTURES}/${name}`, "utf8")) as Fixture;
  expect(rounded(toJson(layoutGraph(shape, (path) => !closed.includes(path))))).toEqual(rounded(layout));
});

test("two hundred nodes are drawn at once", () => {
  const names = Array.from({ length: 200 }, (_, n) => `n${n}`);
  const shape: Shape = {
    name: "g",
    nodes: names.map((name) => ({ name })),
    edges: names.slice(1).map((name, index) => [names[index >> 1]!, name, false, ""]),
  };
  expect(layoutGraph(shape).boxes).toHaveLength(200);
});

test("an open subgraph contains its nodes; a closed one is a node", () => {
  const shape = running().ops.flatMap((op) => (op.length === 4 && op[3]["shape"] ? [op[3]["shape"]] : []))[0] as Shape;
  const write = layoutGraph(shape).boxes.find(({ path }) => path === "write")!;
  expect(write.inner!.boxes.map(({ path }) => path)).toContain("write/draft");
  expect(write.inner!.width).toBeLessThanOrEqual(write.width);
  expect(write.inner!.height).toBeLessThanOrEqual(write.height);
  for (const { x, y, width, height } of write.inner!.boxes) {
    expect(x - width / 2 >= 0 && x + width / 2 <= write.inner!.width).toBe(true);
    expect(y >= 0 && y + height <= write.inner!.height).toBe(true);
  }
  const closed = layoutGraph(shape, () => false).boxes.find(({ path }) => path === "write")!;
  expect([closed.kind, closed.inner]).toEqual(["closed", undefined]);
});
