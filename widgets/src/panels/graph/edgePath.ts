/** Edges of a graph as SVG path data. */

import { type EdgeLine, LOOP_WIDTH } from "../../model/graphLayout";
import type { Point } from "../../model/layeredLayout";

/** The arrow head, in pixels. It is part of the path: SVG markers need ids, which would be global to the page. */
const HEAD_LENGTH = 5;
const HEAD_HALF_WIDTH = 3;
/** How far along its first segment an edge without a label shows how often it was taken. */
const COUNT_FRACTION = 0.36;
const LABEL_GAP = 5;

/** The path through all points of an edge; each segment leaves and reaches its points upright. */
export function linePath(line: EdgeLine): string {
  const [first, ...others] = line.points as [Point, ...Point[]];
  if (isLoop(line)) {
    const [, , end] = others as [Point, Point, Point];
    const [bend, top, bottom] = [first[0] + LOOP_WIDTH, 2 * first[1] - end[1], 2 * end[1] - first[1]];
    return `M${pair(first)}C${pair([bend, top])} ${pair([bend, bottom])} ${pair(end)}`;
  }
  let path = `M${pair(first)}`;
  others.forEach((end, index) => {
    const start = line.points[index] as Point;
    const middle = (start[1] + end[1]) / 2;
    path +=
      start[0] === end[0] ? `L${pair(end)}` : `C${pair([start[0], middle])} ${pair([end[0], middle])} ${pair(end)}`;
  });
  return path;
}

/** The head at the end of an edge: edges end upright, except for an edge from a box to itself. */
export function arrowHead(line: EdgeLine): string {
  const [before, [x, y]] = line.points.slice(-2) as [Point, Point];
  const back = isLoop(line) ? HEAD_LENGTH : y > before[1] ? -HEAD_LENGTH : HEAD_LENGTH;
  const sides: Point[] = [-HEAD_HALF_WIDTH, HEAD_HALF_WIDTH].map((side) =>
    isLoop(line) ? [x + back, y + side] : [x + side, y + back],
  );
  return `M${pair(sides[0] as Point)}L${pair([x, y])}L${pair(sides[1] as Point)}`;
}

/** Where the label of an edge is, or the count of an edge without a label: beside the line, near its source. */
export function lineLabel(line: EdgeLine): { x: number; y: number; anchor: "start" | "middle" | "end" } {
  const [first, second, , last] = line.points as [Point, Point, Point?, Point?];
  if (line.labelPosition) return { x: line.labelPosition[0], y: line.labelPosition[1], anchor: "middle" };
  if (isLoop(line)) return { x: second[0] + LABEL_GAP, y: (first[1] + (last?.[1] ?? first[1])) / 2, anchor: "start" };
  const x = first[0] + (second[0] - first[0]) * COUNT_FRACTION;
  const y = first[1] + (second[1] - first[1]) * COUNT_FRACTION;
  return second[0] < first[0] ? { x: x - LABEL_GAP, y, anchor: "end" } : { x: x + LABEL_GAP, y, anchor: "start" };
}

function isLoop({ source, target }: EdgeLine): boolean {
  return source === target;
}

function pair([x, y]: Point): string {
  return `${round(x)},${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
