/**
 * Places the nodes of a directed graph in layers from top to bottom, after Sugiyama, Tagawa and Toda (1981).
 *
 * Cycles are broken at the edges that lead back. The layer of a node is its longest distance from the start. The order
 * within layers follows the barycentres of the neighbours, so that few edges cross. Nodes are then moved towards their
 * neighbours as far as order and gaps allow. An edge that spans several layers takes a slot in each layer between, and a
 * label takes a slot of its own. In a graph that is too large for this, boxes keep their order and edges go straight from
 * box to box.
 *
 * `lgstream/views/graph/layered_layout.py` is the same algorithm step by step: Python draws static pictures, and a graph must
 * look the same in both. `tests/fixtures/graph_layout` holds layouts that both must produce.
 */

import { pushTo } from "./pushTo";

export type Point = readonly [x: number, y: number];

/** Pixels between neighbours in a layer. */
const SLOT_GAP = 24;
/** Pixels between two layers with boxes. */
const BOX_LAYER_GAP = 26;
/** Pixels between two layers if one of them has no boxes, only edges and labels that pass. */
const PASSING_LAYER_GAP = 14;
/** Pixels that an edge without a label takes in a layer it passes. */
const PASSING_WIDTH = 12;
/** Pixels between the ends of edges at one side of a box, at most. */
const PORT_GAP = 16;
/** Pixels at each end of a side of a box where no edge ends. */
const PORT_MARGIN = 10;
const LABEL_HEIGHT = 18;
const ORDER_SWEEPS = 8;
const ALIGN_SWEEPS = 32;
/** Slots and edges together up to which they are arranged; the cost grows with their number times that of the sweeps. */
const MAX_PLACES = 4000;
/** How much more than a box an edge resists being moved: edges that pass layers stay straight. */
const PASSING_WEIGHT = 4;

/** A place in a layer, for a box or for an edge that passes. */
export interface Slot {
  width: number;
  height: number;
  /** True for a box, false for an edge that passes. */
  isBox: boolean;
  /** Pixels to the right of it that nothing else may take. */
  rightSpace: number;
  /** The centre, without `rightSpace`. */
  x: number;
  /** The top. */
  y: number;
  layer: number;
  /** The slots in upper and lower layers that edges connect it to. */
  above: Slot[];
  below: Slot[];
}

/** An edge between two named slots. `labelWidth`: pixels that its label needs; 0 without a label. */
export interface LayerEdge {
  source: string;
  target: string;
  labelWidth: number;
}

/** The points of an edge from its source to its target, and the centre of its label if it has one. */
export interface EdgeRoute {
  points: Point[];
  labelPosition: Point | undefined;
}

/** An edge as a chain of slots, from the upper end to the lower one. `isBack`: its source is the lower end. */
interface Route {
  slots: Slot[];
  isBack: boolean;
  label: Slot | undefined;
}

export function createSlot(width: number, height: number, isBox = true, layer = 0): Slot {
  return { width, height, isBox, rightSpace: 0, x: 0, y: 0, layer, above: [], below: [] };
}

/**
 * Set `x` and `y` of all boxes, and route the edges: at most one for each ordered pair of different boxes. The order of
 * `boxes` decides where nothing else does. `last`: the name of a box that is placed below all others.
 */
export function placeInLayers(
  boxes: ReadonlyMap<string, Slot>,
  edges: readonly LayerEdge[],
  last?: string,
): { routes: EdgeRoute[]; width: number; height: number } {
  const back = backEdges([...boxes.keys()], edges);
  assignLayers(boxes, edges, back, last);
  const isArranged = edges.reduce((places, edge) => places + span(edge, boxes), boxes.size) <= MAX_PLACES;
  const routes = edges.map((edge, index) => routeEdge(edge, boxes, back.has(index), isArranged));
  const slots = [...boxes.values(), ...routes.flatMap(({ slots }) => slots.slice(1, -1))];
  const layers = orderLayers(slots, isArranged ? ORDER_SWEEPS : 0);
  align(layers, isArranged ? ALIGN_SWEEPS : 0);
  const width = moveToLeftEdge(layers);
  const height = setTops(layers);
  return { routes: edgeRoutes(routes, layers), width, height };
}

/** The indexes of the edges that close a cycle, as a depth-first search from the first names on finds them. */
function backEdges(names: readonly string[], edges: readonly LayerEdge[]): Set<number> {
  const outgoing = new Map<string, number[]>(names.map((name) => [name, []]));
  edges.forEach(({ source }, index) => outgoing.get(source)?.push(index));
  const back = new Set<number>();
  const visited = new Set<string>();
  for (const first of names) {
    if (visited.has(first)) continue;
    visited.add(first);
    const onPath = new Set([first]);
    const stack = [{ name: first, next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const index = outgoing.get(top.name)?.[top.next++];
      if (index === undefined) {
        onPath.delete(top.name);
        stack.pop();
        continue;
      }
      const { target } = edges[index] as LayerEdge;
      if (onPath.has(target)) back.add(index);
      else if (!visited.has(target)) {
        visited.add(target);
        onPath.add(target);
        stack.push({ name: target, next: 0 });
      }
    }
  }
  return back;
}

/** Set the layer of each box to its longest distance from the start, where an edge with a label counts twice. */
function assignLayers(
  boxes: ReadonlyMap<string, Slot>,
  edges: readonly LayerEdge[],
  back: ReadonlySet<number>,
  last: string | undefined,
): void {
  const lowerEnds = new Map<string, [lower: string, distance: number][]>();
  const missing = new Map<string, number>();
  edges.forEach(({ source, target, labelWidth }, index) => {
    const [upper, lower] = back.has(index) ? [target, source] : [source, target];
    pushTo(lowerEnds, upper, [lower, labelWidth > 0 ? 2 : 1]);
    missing.set(lower, (missing.get(lower) ?? 0) + 1);
  });
  const ready = [...boxes.keys()].filter((name) => !missing.has(name));
  for (const name of ready) {
    for (const [lower, distance] of lowerEnds.get(name) ?? []) {
      const box = boxes.get(lower) as Slot;
      box.layer = Math.max(box.layer, (boxes.get(name) as Slot).layer + distance);
      const left = (missing.get(lower) ?? 0) - 1;
      missing.set(lower, left);
      if (left === 0) ready.push(lower);
    }
  }
  const lastBox = boxes.get(last ?? "");
  if (lastBox === undefined) return;
  for (const box of boxes.values()) if (box !== lastBox) lastBox.layer = Math.max(lastBox.layer, box.layer + 1);
}

function span({ source, target }: LayerEdge, boxes: ReadonlyMap<string, Slot>): number {
  return Math.abs((boxes.get(source)?.layer ?? 0) - (boxes.get(target)?.layer ?? 0));
}

/** Give the edge a slot in each layer between its ends, if it takes any; the middle one is for its label. */
function routeEdge(
  { source, target, labelWidth }: LayerEdge,
  boxes: ReadonlyMap<string, Slot>,
  isBack: boolean,
  takesSlots: boolean,
): Route {
  const ends = [boxes.get(source), boxes.get(target)] as Slot[];
  const [upper, lower] = (isBack ? ends.reverse() : ends) as [Slot, Slot];
  const route: Route = { slots: [upper], isBack, label: undefined };
  const middle = Math.floor((upper.layer + lower.layer) / 2);
  for (let layer = upper.layer + 1; takesSlots && layer < lower.layer; layer++) {
    const isLabel = labelWidth > 0 && layer === middle;
    const slot = createSlot(isLabel ? labelWidth : PASSING_WIDTH, isLabel ? LABEL_HEIGHT : 0, false, layer);
    if (isLabel) route.label = slot;
    route.slots.push(slot);
  }
  route.slots.push(lower);
  route.slots.slice(1).forEach((slot, index) => {
    const above = route.slots[index] as Slot;
    above.below.push(slot);
    slot.above.push(above);
  });
  return route;
}

/** The layers, each in the order with the fewest crossings of those that the sweeps produce. */
function orderLayers(slots: readonly Slot[], sweeps: number): Slot[][] {
  const byNumber: Slot[][] = [];
  for (const slot of slots) (byNumber[slot.layer] ??= []).push(slot);
  const layers = byNumber.filter((layer) => layer !== undefined);
  const positions = new Map<Slot, number>();
  layers.forEach((layer, number) =>
    layer.forEach((slot, position) => {
      slot.layer = number;
      positions.set(slot, position);
    }),
  );
  const positionOf = (slot: Slot): number => positions.get(slot) ?? 0;
  let best = layers.map((layer) => [...layer]);
  let fewest = countCrossings(layers, positionOf);
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const isUpward = sweep % 2 === 1;
    for (const layer of isUpward ? layers.toReversed() : layers) {
      const barycentres = new Map(
        layer.map((slot) => [slot, mean((isUpward ? slot.below : slot.above).map(positionOf), positionOf(slot))]),
      );
      layer.sort((a, b) => (barycentres.get(a) ?? 0) - (barycentres.get(b) ?? 0));
      layer.forEach((slot, position) => positions.set(slot, position));
    }
    const crossings = countCrossings(layers, positionOf);
    if (crossings < fewest) [best, fewest] = [layers.map((layer) => [...layer]), crossings];
  }
  return best;
}

function countCrossings(layers: readonly Slot[][], positionOf: (slot: Slot) => number): number {
  let crossings = 0;
  for (const layer of layers) {
    const ends = layer.flatMap(({ below }) => below.map(positionOf).sort((a, b) => a - b));
    crossings += countInversions(ends);
  }
  return crossings;
}

/** The number of pairs whose first number is larger, by a Fenwick tree of the numbers so far. */
function countInversions(numbers: readonly number[]): number {
  const tree = new Uint32Array(numbers.reduce((largest, number) => Math.max(largest, number), 0) + 2);
  let inversions = 0;
  numbers.forEach((number, seen) => {
    inversions += seen;
    for (let index = number + 1; index > 0; index &= index - 1) inversions -= tree[index] as number;
    for (let index = number + 1; index < tree.length; index += index & -index) tree[index]!++;
  });
  return inversions;
}

/** Set `x` of all slots: near the slots that edges connect them to, in order, and without overlaps. */
function align(layers: readonly Slot[][], sweeps: number): void {
  for (const layer of layers) fit(layer, new Array<number>(layer.length).fill(0));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isUpward = sweep % 2 === 1;
    for (const layer of isUpward ? layers.toReversed() : layers) {
      const wishes = layer.map((slot) => {
        const neighbours = isUpward ? slot.below : slot.above;
        return mean(
          neighbours.map(({ x }) => x),
          slot.x,
        );
      });
      fit(layer, wishes);
    }
  }
}

/** Set `x` of a layer's slots as near to `wishes` as order and gaps allow (pool adjacent violators). */
function fit(layer: readonly Slot[], wishes: readonly number[]): void {
  const offsets: number[] = [];
  const pools: { mean: number; weight: number; size: number }[] = [];
  layer.forEach((slot, index) => {
    const left = layer[index - 1];
    const offset = left
      ? (offsets[index - 1] as number) + left.width / 2 + left.rightSpace + SLOT_GAP + slot.width / 2
      : 0;
    offsets.push(offset);
    let pool = {
      mean: (wishes[index] ?? 0) - offset,
      weight: slot.isBox ? 1 : PASSING_WEIGHT,
      size: 1,
    };
    for (let before = pools.at(-1); before !== undefined && before.mean > pool.mean; before = pools.at(-1)) {
      const weight = before.weight + pool.weight;
      const mean = (before.mean * before.weight + pool.mean * pool.weight) / weight;
      pool = { mean, weight, size: before.size + pool.size };
      pools.pop();
    }
    pools.push(pool);
  });
  const means = pools.flatMap(({ mean, size }) => new Array<number>(size).fill(mean));
  layer.forEach((slot, index) => (slot.x = (means[index] as number) + (offsets[index] as number)));
}

/** Move all slots so that the leftmost begins at 0. Returns the width of the whole. */
function moveToLeftEdge(layers: readonly Slot[][]): number {
  const slots = layers.flat();
  if (slots.length === 0) return 0;
  const left = slots.reduce((least, { x, width }) => Math.min(least, x - width / 2), Infinity);
  const right = slots.reduce((most, { x, width, rightSpace }) => Math.max(most, x + width / 2 + rightSpace), -Infinity);
  for (const slot of slots) slot.x -= left;
  return right - left;
}

/** Set `y` of all slots, centred in their layers. Returns the height of the whole. */
function setTops(layers: readonly Slot[][]): number {
  let top = 0;
  layers.forEach((layer, number) => {
    const before = layers[number - 1];
    if (before !== undefined) top += hasBoxes(layer) && hasBoxes(before) ? BOX_LAYER_GAP : PASSING_LAYER_GAP;
    const height = Math.max(...layer.map((slot) => slot.height));
    for (const slot of layer) slot.y = top + (height - slot.height) / 2;
    top += height;
  });
  return top;
}

function hasBoxes(layer: readonly Slot[]): boolean {
  return layer.some(({ isBox }) => isBox);
}

function edgeRoutes(routes: readonly Route[], layers: readonly Slot[][]): EdgeRoute[] {
  // Edges pass a layer straight, from its top to its bottom.
  const tops = layers.map((layer) => Math.min(...layer.map(({ y }) => y)));
  const bottoms = layers.map((layer) => Math.max(...layer.map(({ y, height }) => y + height)));
  const upperPorts = ports(routes, 0);
  const lowerPorts = ports(routes, -1);
  return routes.map(({ slots, isBack, label }, index) => {
    const [upper, lower] = [slots[0], slots.at(-1)] as [Slot, Slot];
    const points: Point[] = [[upperPorts.get(index) ?? 0, upper.y + upper.height]];
    for (const { x, layer } of slots.slice(1, -1)) points.push([x, tops[layer] ?? 0], [x, bottoms[layer] ?? 0]);
    points.push([lowerPorts.get(index) ?? 0, lower.y]);
    const labelPosition: Point | undefined = label && [label.x, label.y + label.height / 2];
    return { points: isBack ? points.reverse() : points, labelPosition };
  });
}

/** Where edges end at their upper box (`end` 0) or at their lower box (-1), side by side: `x` by the edge's index. */
function ports(routes: readonly Route[], end: 0 | -1): Map<number, number> {
  const edgesByBox = new Map<Slot, number[]>();
  routes.forEach(({ slots }, index) => {
    const box = slots.at(end) as Slot;
    pushTo(edgesByBox, box, index);
  });
  const neighbourX = (index: number): number => routes[index]?.slots.at(end === 0 ? 1 : -2)?.x ?? 0;
  const xByEdge = new Map<number, number>();
  for (const [box, indexes] of edgesByBox) {
    indexes.sort((a, b) => neighbourX(a) - neighbourX(b));
    const step = Math.min(PORT_GAP, (box.width - 2 * PORT_MARGIN) / indexes.length);
    indexes.forEach((index, position) => xByEdge.set(index, box.x + (position - (indexes.length - 1) / 2) * step));
  }
  return xByEdge;
}

/** The mean of the values, summed in their order as in Python, so that ties stay ties; `otherwise` if there are none. */
function mean(values: readonly number[], otherwise: number): number {
  if (values.length === 0) return otherwise;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
