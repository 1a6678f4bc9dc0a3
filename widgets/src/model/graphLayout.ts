/**
 * Lays out the drawing of a graph: boxes, edges and labels, with open subgraphs as boxes that contain their own layout.
 *
 * It mirrors `lgstream/views/graph/graph_layout.py`; see `layeredLayout.ts`.
 */

import { END, START, type Shape } from "../protocol/rows";
import { type Point, createSlot, placeInLayers } from "./layeredLayout";

/** Pixels around a graph, also around one inside the box of a subgraph. */
const MARGIN = 12;
/** Pixels for the title of a subgraph at the top of its box. */
export const TITLE_HEIGHT = 24;
const NODE_HEIGHT = 28;
const MIN_NODE_WIDTH = 64;
/** Pixels of a node's box besides its name: for its colour, its status and how often it ran. */
const NODE_PADDING = 64;
/** The same for a subgraph, with a control to open and close it. */
const SUBGRAPH_PADDING = 80;
const TERMINAL_WIDTH = 54;
const TERMINAL_HEIGHT = 22;
/** Pixels to the right of a box that an edge from the box to itself takes. */
export const LOOP_WIDTH = 26;
const LOOP_HALF_HEIGHT = 7;
const LOOP_LABEL_GAP = 4;
const LABEL_PADDING = 16;
const NAME_FONT_SIZE = 12;
const LABEL_FONT_SIZE = 11;
/** Estimated width of a character, in font sizes: nothing is measured, so that drawing never lays out the page. */
const AVERAGE_CHAR_WIDTH = 0.57;
const MAX_NAME_CHARS = 36;
const MAX_LABEL_CHARS = 32;
const MAX_MERGED_LABEL_CHARS = 48;

/** Characters about as wide as the font size: Chinese, Japanese and Korean, and emoji. */
const WIDE_CHARS =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;
/** Characters that `replace_controls` of `lgstream/views/text/format.py` replaces. */
const CONTROL_CHARS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

export interface NodeBox {
  /** The name of the node, `START` or `END`. */
  name: string;
  /** Names from the top, joined by "/"; unique. */
  path: string;
  /** The name as it is shown. */
  label: string;
  kind: "node" | "closed" | "open" | "terminal";
  width: number;
  height: number;
  /** The centre. */
  x: number;
  /** The top. */
  y: number;
  /** The layout of an open subgraph, inside the box below the title. */
  inner: GraphLayout | undefined;
}

export interface EdgeLine {
  source: string;
  target: string;
  conditional: boolean;
  label: string;
  /** The points that it passes, from its source to its target. */
  points: Point[];
  /** The centre of its label. */
  labelPosition: Point | undefined;
}

/** A graph with positions for everything, in pixels from its top left corner. */
export interface GraphLayout {
  /** The path of the graph; "" for the root graph. */
  path: string;
  boxes: NodeBox[];
  lines: EdgeLine[];
  width: number;
  height: number;
}

type Edge = Pick<EdgeLine, "source" | "target" | "conditional" | "label">;

/** Lay out a graph. `isOpen`: called with the path of a subgraph; if it returns false, it is drawn as a closed box. */
export function layoutGraph(shape: Shape, isOpen: (path: string) => boolean = () => true, path = ""): GraphLayout {
  const boxes = new Map(createBoxes(shape, isOpen, path).map((box) => [box.name, box]));
  const merged = mergeParallel(shape.edges.filter(([source, target]) => boxes.has(source) && boxes.has(target)));
  const loops = merged.filter(({ source, target }) => source === target);
  const edges = merged.filter(({ source, target }) => source !== target);
  const slots = new Map([...boxes].map(([name, { width, height }]) => [name, createSlot(width, height)]));
  for (const { source, label } of loops) {
    const slot = slots.get(source);
    const labelWidth = label === "" ? 0 : textWidth(label, LABEL_FONT_SIZE) + LOOP_LABEL_GAP;
    if (slot) slot.rightSpace = LOOP_WIDTH + labelWidth;
  }
  const layerEdges = edges.map(({ source, target, label }) => ({ source, target, labelWidth: labelWidth(label) }));
  const { routes, width, height } = placeInLayers(slots, layerEdges, END);
  for (const [name, box] of boxes) {
    const { x = 0, y = 0 } = slots.get(name) ?? {};
    [box.x, box.y] = [x + MARGIN, y + MARGIN];
  }
  const lines: EdgeLine[] = routes.map(({ points, labelPosition }, index) => ({
    ...(edges[index] as Edge),
    points: points.map(insideMargin),
    labelPosition: labelPosition && insideMargin(labelPosition),
  }));
  for (const edge of loops) lines.push(loopLine(edge, boxes.get(edge.source) as NodeBox));
  return { path, boxes: [...boxes.values()], lines, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
}

/** The estimated width of a text in a sans-serif font of this size. */
function textWidth(text: string, fontSize: number): number {
  const wide = text.match(WIDE_CHARS)?.length ?? 0;
  return fontSize * wide + fontSize * AVERAGE_CHAR_WIDTH * ([...text].length - wide);
}

/** The text on one line of at most `maxChars` characters, without control characters. */
function oneLine(text: string, maxChars: number): string {
  const line = text.replace(/\r\n/g, "\n").replace(CONTROL_CHARS, "\ufffd").replace(/\s+/g, " ").trim();
  const chars = [...line];
  return chars.length <= maxChars ? line : `${chars.slice(0, maxChars - 1).join("")}…`;
}

function createBoxes(shape: Shape, isOpen: (path: string) => boolean, graphPath: string): NodeBox[] {
  const boxes: NodeBox[] = [];
  const pathOf = (name: string): string => (graphPath === "" ? name : `${graphPath}/${name}`);
  const add = (name: string, label: string, kind: NodeBox["kind"], width: number, height = NODE_HEIGHT): NodeBox => {
    const box: NodeBox = { name, path: pathOf(name), label, kind, width, height, x: 0, y: 0, inner: undefined };
    boxes.push(box);
    return box;
  };
  const ends = new Set(shape.edges.flatMap(([source, target]) => [source, target]));
  if (ends.has(START)) add(START, "START", "terminal", TERMINAL_WIDTH, TERMINAL_HEIGHT);
  for (const { name, graph } of shape.nodes) {
    if (name === START || name === END) continue;
    const label = oneLine(name, MAX_NAME_CHARS);
    const nameWidth = textWidth(label, NAME_FONT_SIZE);
    if (!graph) add(name, label, "node", Math.max(nameWidth + NODE_PADDING, MIN_NODE_WIDTH));
    else if (!isOpen(pathOf(name))) add(name, label, "closed", nameWidth + SUBGRAPH_PADDING);
    else {
      const inner = layoutGraph(graph, isOpen, pathOf(name));
      const width = Math.max(inner.width, nameWidth + SUBGRAPH_PADDING);
      add(name, label, "open", width, inner.height + TITLE_HEIGHT).inner = inner;
    }
  }
  if (ends.has(END)) add(END, "END", "terminal", TERMINAL_WIDTH, TERMINAL_HEIGHT);
  return boxes;
}

/** Merge edges between the same two nodes into one with all their labels; conditional if all of them are. */
function mergeParallel(edges: Shape["edges"]): Edge[] {
  const merged = new Map<string, Edge & { labels: Set<string> }>();
  for (const [source, target, isConditional, label] of edges) {
    const key = JSON.stringify([source, target]);
    const edge = merged.get(key) ?? { source, target, conditional: true, label: "", labels: new Set() };
    merged.set(key, edge);
    edge.conditional &&= isConditional;
    edge.labels.add(oneLine(label, MAX_LABEL_CHARS));
  }
  return [...merged.values()].map(({ labels, ...edge }) => ({
    ...edge,
    label: oneLine([...labels].filter(Boolean).join(" · "), MAX_MERGED_LABEL_CHARS),
  }));
}

function labelWidth(label: string): number {
  return label === "" ? 0 : textWidth(label, LABEL_FONT_SIZE) + LABEL_PADDING;
}

/** An edge from a box to itself: four points, out of the right side and into it again; the label is beside it. */
function loopLine(edge: Edge, { x, y, width, height }: NodeBox): EdgeLine {
  const [right, middle] = [x + width / 2, y + height / 2];
  const [top, bottom] = [middle - LOOP_HALF_HEIGHT, middle + LOOP_HALF_HEIGHT];
  const points: Point[] = [
    [right, top],
    [right + LOOP_WIDTH, top],
    [right + LOOP_WIDTH, bottom],
    [right, bottom],
  ];
  const labelX = right + LOOP_WIDTH + LOOP_LABEL_GAP + textWidth(edge.label, LABEL_FONT_SIZE) / 2;
  return { ...edge, points, labelPosition: edge.label === "" ? undefined : [labelX, middle] };
}

function insideMargin([x, y]: Point): Point {
  return [x + MARGIN, y + MARGIN];
}
