/**
 * Where to draw the nodes of a directed graph: in layers from top to bottom, edges bent around what lies between (the
 * method of Sugiyama, Tagawa and Toda, 1981). For graphs of a few hundred nodes; a library for it is as large as
 * everything else in this bundle.
 */

export interface Box {
  width: number;
  height: number;
}

export interface Placed {
  /** Centres. */
  x: number;
  y: number;
}

export interface Layout extends Box {
  nodes: Map<string, Placed>;
  /** By the number of the edge: the points it goes through, from its source to its target. */
  edges: [number, number][][];
}

/** A place in a layer: a node, or where an edge passes. */
interface Slot {
  width: number;
  height: number;
  layer: number;
  x: number;
  ups: Slot[];
  downs: Slot[];
}

interface Route {
  slots: Slot[];
  back: boolean;
}

const GAP_X = 24;
const GAP_Y = 30;
const PASSING = 8;
const SWEEPS = 12;

export function layers(boxes: ReadonlyMap<string, Box>, edges: readonly (readonly [string, string])[]): Layout {
  const known = edges.map(([from, to]) => boxes.has(from) && boxes.has(to) && from !== to);
  const back = backward([...boxes.keys()], edges, known);
  const rank = ranks([...boxes.keys()], edges, known, back);
  const slots = new Map<string, Slot>();
  const rows: Slot[][] = [];
  const put = (slot: Slot): Slot => {
    while (rows.length <= slot.layer) rows.push([]);
    rows[slot.layer]?.push(slot);
    return slot;
  };
  for (const [name, box] of boxes) {
    slots.set(name, put({ ...box, layer: rank.get(name) ?? 0, x: 0, ups: [], downs: [] }));
  }
  const routes = edges.map(([from, to], at): Route => {
    if (!known[at]) return { slots: [], back: false };
    const [top, bottom] = (back[at] ? [to, from] : [from, to]).map((name) => slots.get(name)) as [Slot, Slot];
    const path = [top];
    for (let layer = top.layer + 1; layer < bottom.layer; layer++) {
      path.push(put({ width: PASSING, height: 0, layer, x: 0, ups: [], downs: [] }));
    }
    path.push(bottom);
    path.slice(1).forEach((slot, n) => {
      slot.ups.push(path[n] as Slot);
      path[n]?.downs.push(slot);
    });
    return { slots: path, back: back[at] ?? false };
  });
  const ordered = order(rows);
  align(ordered);
  return place(ordered, slots, routes);
}

/** Which edges run against the others: those that a walk from the first node finds to close a circle. */
function backward(
  names: string[],
  edges: readonly (readonly [string, string])[],
  known: readonly boolean[],
): boolean[] {
  const out = new Map<string, number[]>(names.map((name) => [name, []]));
  edges.forEach(([from], at) => known[at] && out.get(from)?.push(at));
  const state = new Map<string, "open" | "done">();
  const back = edges.map(() => false);
  for (const first of names) {
    if (state.has(first)) continue;
    const stack = [{ name: first, next: 0 }];
    state.set(first, "open");
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const at = out.get(top.name)?.[top.next++];
      if (at === undefined) {
        state.set(top.name, "done");
        stack.pop();
        continue;
      }
      const to = edges[at]?.[1] ?? "";
      if (state.get(to) === "open") back[at] = true;
      else if (!state.has(to)) {
        state.set(to, "open");
        stack.push({ name: to, next: 0 });
      }
    }
  }
  return back;
}

/** The longest way to each node. */
function ranks(
  names: string[],
  edges: readonly (readonly [string, string])[],
  known: readonly boolean[],
  back: readonly boolean[],
): Map<string, number> {
  const rank = new Map(names.map((name) => [name, 0]));
  const forward = edges.flatMap(([from, to], at) => (known[at] ? [back[at] ? [to, from] : [from, to]] : []));
  const waits = new Map(names.map((name) => [name, 0]));
  for (const [, to = ""] of forward) waits.set(to, (waits.get(to) ?? 0) + 1);
  const ready = names.filter((name) => waits.get(name) === 0);
  for (const name of ready) {
    for (const [from, to = ""] of forward) {
      if (from !== name) continue;
      rank.set(to, Math.max(rank.get(to) ?? 0, (rank.get(name) ?? 0) + 1));
      waits.set(to, (waits.get(to) ?? 0) - 1);
      if (waits.get(to) === 0) ready.push(to);
    }
  }
  return rank;
}

/** Order each layer by where its neighbours are, up and down in turn; keep the order with the fewest crossings. */
function order(rows: Slot[][]): Slot[][] {
  let best = rows.map((row) => [...row]);
  let fewest = crossings(best);
  let now = best.map((row) => [...row]);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    const position = new Map<Slot, number>();
    const sequence = down ? now : now.toReversed();
    const sorted = sequence.map((row) => {
      const weight = new Map(row.map((slot, at) => [slot, mean(down ? slot.ups : slot.downs, position, at)]));
      const next = [...row].sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
      next.forEach((slot, at) => position.set(slot, at));
      return next;
    });
    now = down ? sorted : sorted.reverse();
    const found = crossings(now);
    if (found < fewest) [best, fewest] = [now.map((row) => [...row]), found];
  }
  return best;
}

function mean(slots: readonly Slot[], position: ReadonlyMap<Slot, number>, otherwise: number): number {
  if (slots.length === 0) return otherwise;
  return slots.reduce((sum, slot) => sum + (position.get(slot) ?? 0), 0) / slots.length;
}

function crossings(rows: readonly Slot[][]): number {
  let found = 0;
  for (const row of rows) {
    const next = rows[(row[0]?.layer ?? 0) + 1] ?? [];
    const position = new Map(next.map((slot, at) => [slot, at]));
    const ends = row.map((slot) => slot.downs.map((down) => position.get(down) ?? 0));
    for (let a = 0; a < ends.length; a++) {
      for (let b = a + 1; b < ends.length; b++) {
        for (const x of ends[a] ?? []) for (const y of ends[b] ?? []) if (x > y) found++;
      }
    }
  }
  return found;
}

/** Move every slot towards the middle of its neighbours, as far as the order and the gaps of its layer allow. */
function align(rows: readonly Slot[][]): void {
  for (const row of rows)
    settle(
      row,
      row.map(() => 0),
    );
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 === 0 ? rows : rows.toReversed()) {
      const wish = row.map((slot) => {
        const around = sweep === SWEEPS - 1 ? [...slot.ups, ...slot.downs] : sweep % 2 === 0 ? slot.ups : slot.downs;
        return around.length === 0 ? slot.x : around.reduce((sum, { x }) => sum + x, 0) / around.length;
      });
      settle(row, wish);
    }
  }
}

/** Places as near to the wished ones as can be (least squares) that keep order and gaps: pool adjacent violators. */
function settle(row: readonly Slot[], wish: readonly number[]): void {
  const offset: number[] = [0];
  row.slice(1).forEach((slot, at) => {
    const gap = ((row[at]?.width ?? 0) + slot.width) / 2 + GAP_X;
    offset.push((offset[at] ?? 0) + gap);
  });
  const pools: { sum: number; count: number }[] = [];
  const value = (pool: { sum: number; count: number } | undefined): number => (pool ? pool.sum / pool.count : 0);
  row.forEach((_, at) => {
    pools.push({ sum: (wish[at] ?? 0) - (offset[at] ?? 0), count: 1 });
    while (pools.length > 1 && value(pools.at(-2)) > value(pools.at(-1))) {
      const last = pools.pop() as { sum: number; count: number };
      const into = pools.at(-1) as { sum: number; count: number };
      into.sum += last.sum;
      into.count += last.count;
    }
  });
  let at = 0;
  for (const pool of pools) {
    for (let n = 0; n < pool.count; n++, at++) (row[at] as Slot).x = value(pool) + (offset[at] ?? 0);
  }
}

function place(rows: readonly Slot[][], slots: ReadonlyMap<string, Slot>, routes: readonly Route[]): Layout {
  const all = rows.flat();
  const left = Math.min(0, ...all.map(({ x, width }) => x - width / 2));
  const width = Math.max(1, ...all.map((slot) => slot.x + slot.width / 2)) - left;
  const middles: number[] = [];
  const halves: number[] = [];
  let height = 0;
  for (const row of rows) {
    const tall = Math.max(0, ...row.map((slot) => slot.height));
    middles.push(height + tall / 2);
    halves.push(tall / 2);
    height += tall + GAP_Y;
  }
  for (const slot of all) slot.x -= left;
  const y = (slot: Slot): number => middles[slot.layer] ?? 0;
  const port = ports(routes);
  const edges = routes.map((route, at) => {
    const points = route.slots.flatMap((slot, n): [number, number][] => {
      if (n === 0) return [[slot.x + port(slot, at, "downs"), y(slot) + slot.height / 2]];
      if (n === route.slots.length - 1) return [[slot.x + port(slot, at, "ups"), y(slot) - slot.height / 2]];
      const half = halves[slot.layer] ?? 0; // straight past all that stands in the layer
      return [y(slot) - half, y(slot) + half].map((height) => [slot.x, height]);
    });
    return route.back ? points.reverse() : points;
  });
  const nodes = new Map([...slots].map(([name, slot]) => [name, { x: slot.x, y: y(slot) }]));
  return { width, height: Math.max(1, height - GAP_Y), nodes, edges };
}

/** How far from the middle of a node's side an edge ends there: side by side, in the order of their other ends. */
function ports(routes: readonly Route[]): (slot: Slot, edge: number, side: "ups" | "downs") => number {
  const at = new Map<Slot, { ups: [number, number][]; downs: [number, number][] }>();
  const sides = (slot: Slot) => {
    let found = at.get(slot);
    if (found === undefined) at.set(slot, (found = { ups: [], downs: [] }));
    return found;
  };
  routes.forEach(({ slots }, edge) => {
    const [first, second] = slots;
    const [last, before] = [slots.at(-1), slots.at(-2)];
    if (first === undefined || second === undefined || last === undefined || before === undefined) return;
    sides(first).downs.push([second.x, edge]);
    sides(last).ups.push([before.x, edge]);
  });
  for (const { ups, downs } of at.values())
    for (const side of [ups, downs]) side.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return (slot, edge, side) => {
    const list = sides(slot)[side];
    const step = Math.min(16, (slot.width - 12) / Math.max(1, list.length));
    return (list.findIndex(([, other]) => other === edge) - (list.length - 1) / 2) * step;
  };
}
