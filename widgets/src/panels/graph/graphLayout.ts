/** A graph as a drawing: boxes, nested where a subgraph is open, and the lines between them. Pure. */

import { type Box, layers } from "./layeredLayout";
import { edgeKey } from "../../model/graphProgress";
import { END, START, type Shape } from "../../protocol/rows";

export interface Part extends Box {
  /** Names from the top, joined by "/"; unique. */
  path: string;
  name: string;
  kind: "node" | "closed" | "open" | "end";
  x: number;
  y: number;
}

export interface Line {
  key: string;
  d: string;
  conditional: boolean;
  label: string;
  /** Where the label stands, and on which side of the line. */
  at: [number, number];
  side: "start" | "end";
}

export interface Drawing extends Box {
  parts: Part[];
  lines: Line[];
}

const HEIGHT = 28;
const TITLE = 24;
const PAD = 12;
/** Pixels a character takes, about: nothing is measured, so that drawing never lays the page out. */
const CHARACTER = 7;
/** How far along its first stretch a line is labelled. */
const LABEL = 0.36;
const LEAST = 64;
const MOST = 220;

/** Draw `shape`; subgraphs at the paths that `open` says yes to show what is inside. */
export function draw(shape: Shape, open: (path: string) => boolean): Drawing {
  return level(shape, "", open);
}

function level(shape: Shape, graph: string, open: (path: string) => boolean): Drawing {
  const inner = new Map<string, Drawing>();
  const boxes = new Map<string, Box>();
  const pathOf = (name: string): string => (graph === "" ? name : `${graph}/${name}`);
  const ends = new Set(shape.edges.flatMap(([source, target]) => [source, target]));
  if (ends.has(START)) boxes.set(START, { width: 52, height: 20 });
  for (const { name, graph: below } of shape.nodes) {
    const path = pathOf(name);
    const wide = Math.min(MOST, Math.max(LEAST, name.length * CHARACTER + (below ? 84 : 68)));
    if (below && open(path)) {
      const drawn = level(below, path, open);
      inner.set(name, drawn);
      boxes.set(name, { width: Math.max(wide, drawn.width + 2 * PAD), height: drawn.height + TITLE + 2 * PAD });
    } else boxes.set(name, { width: wide, height: HEIGHT });
  }
  if (ends.has(END)) boxes.set(END, { width: 52, height: 20 });
  const { nodes, edges, width, height } = layers(
    boxes,
    shape.edges.map(([source, target]) => [source, target] as const),
  );
  const parts: Part[] = [];
  const lines: Line[] = [];
  for (const [name, box] of boxes) {
    const { x = 0, y = 0 } = nodes.get(name) ?? {};
    const below = shape.nodes.find((one) => one.name === name)?.graph;
    const drawn = inner.get(name);
    const kind = name === START || name === END ? "end" : drawn ? "open" : below ? "closed" : "node";
    const shown = kind === "end" ? name.replaceAll("_", "") : name;
    parts.push({ ...box, path: pathOf(name), name: shown, kind, x: x - box.width / 2, y: y - box.height / 2 });
    if (drawn === undefined) continue;
    const [dx, dy] = [x - drawn.width / 2, y - box.height / 2 + TITLE + PAD];
    parts.push(...drawn.parts.map((part) => ({ ...part, x: part.x + dx, y: part.y + dy })));
    for (const line of drawn.lines) {
      lines.push({ ...line, d: shift(line.d, dx, dy), at: [line.at[0] + dx, line.at[1] + dy] });
    }
  }
  shape.edges.forEach(([source, target, conditional, label], at) => {
    const self = source === target ? nodes.get(source) : undefined;
    const points = self ? loop(self, boxes.get(source) as Box) : (edges[at] ?? []);
    if (points.length < 2) return;
    const [first, second] = points as [[number, number], [number, number]];
    // Near its source: the lines of a pair that lead both ways have their labels at different heights.
    const place = (n: 0 | 1): number => first[n] + (second[n] - first[n]) * (self ? 1 : LABEL);
    const side = first[0] < (nodes.get(source)?.x ?? 0) - 1 ? "end" : "start";
    const key = edgeKey(graph, source, target);
    const d = self ? curve(points) : smooth(points);
    lines.push({ key, d, conditional, label, side, at: [place(0), place(1) + (self ? 8 : 0)] });
  });
  const right = lines
    .filter(({ side }) => side === "start")
    .map(({ at, label }) => at[0] + 8 + label.length * CHARACTER);
  return { parts, lines, width: Math.max(width, ...right), height };
}

/** Out of the right side of a node and into it again. */
function loop({ x, y }: { x: number; y: number }, { width, height }: Box): [number, number][] {
  const right = x + width / 2;
  return [
    [right, y - height / 5],
    [right + 18, y - height / 2],
    [right + 18, y + height / 2],
    [right, y + height / 5],
  ];
}

const at = ([x, y]: readonly [number, number]): string => `${round(x)},${round(y)}`;
const round = (value: number): number => Math.round(value * 10) / 10;

function curve([a, b, c, d]: [number, number][]): string {
  return `M${at(a!)}C${at(b!)} ${at(c!)} ${at(d!)}`;
}

/** Through all points, leaving and reaching each upright. */
function smooth(points: readonly [number, number][]): string {
  let d = `M${at(points[0]!)}`;
  points.slice(1).forEach((to, n) => {
    const from = points[n]!;
    const half = (to[1] - from[1]) / 2;
    d += `C${at([from[0], from[1] + half])} ${at([to[0], to[1] - half])} ${at(to)}`;
  });
  return d;
}

function shift(d: string, dx: number, dy: number): string {
  return d.replaceAll(/(-?[\d.]+),(-?[\d.]+)/g, (_, x: string, y: string) => at([Number(x) + dx, Number(y) + dy]));
}
