import { expect, test } from "vitest";
import { type Slot, createSlot, placeInLayers } from "../../src/model/layeredLayout";

const boxes = (names: string) => new Map([...names].map((name) => [name, createSlot(60, 20)]));
const middle = ({ y, height }: Slot) => y + height / 2;

/** Place boxes with edges between them, written as pairs of names. */
function place(slots: Map<string, Slot>, pairs: readonly string[]) {
  const edges = pairs.map((pair) => ({ source: pair[0]!, target: pair[1]!, labelWidth: 0 }));
  return { ...placeInLayers(slots, edges), box: (name: string) => slots.get(name)! };
}

test("each edge leads down, except those that close a cycle", () => {
  const { box } = place(boxes("abcd"), ["ab", "bc", "cb", "bd", "da"]);
  const y = (name: string) => box(name).y;
  expect([y("a") < y("b"), y("b") < y("c"), y("b") < y("d"), y("d") > y("a")]).toEqual([true, true, true, true]);
});

test("boxes never overlap, whatever the graph", () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 40; round++) {
    const names = "abcdefghijkl".slice(0, 2 + random(11));
    const pairs = Array.from(
      { length: random(30) },
      () => `${names[random(names.length)]}${names[random(names.length)]}`,
    );
    const different = [...new Set(pairs)].filter((pair) => pair[0] !== pair[1]);
    const slots = boxes(names);
    const { width, height, routes } = place(slots, different);
    const places = [...slots.values()];
    places.forEach((a, index) => {
      expect(a.x - 30).toBeGreaterThanOrEqual(-0.01);
      expect(a.x + 30).toBeLessThanOrEqual(width + 0.01);
      expect(a.y + 20).toBeLessThanOrEqual(height + 0.01);
      for (const b of places.slice(index + 1)) {
        expect(Math.abs(a.x - b.x) >= 60 || Math.abs(a.y - b.y) >= 20).toBe(true);
      }
    });
    different.forEach((pair, index) => {
      const { points } = routes[index]!;
      expect(Math.abs(points[0]![0] - slots.get(pair[0]!)!.x)).toBeLessThanOrEqual(30);
      expect(Math.abs(points.at(-1)![0] - slots.get(pair[1]!)!.x)).toBeLessThanOrEqual(30);
    });
  }
});

test("a diamond is drawn without crossings, its ends in the middle", () => {
  const { box } = place(boxes("abcd"), ["ab", "ac", "bd", "cd"]);
  expect(box("a").x).toBeCloseTo((box("b").x + box("c").x) / 2);
  expect(box("d").x).toBeCloseTo(box("a").x);
});

test("an edge past a tall node goes straight down beside it", () => {
  const slots = new Map([...boxes("ac"), ["b", createSlot(200, 300)] as const]);
  const { box, routes } = place(slots, ["ab", "bc", "ca"]);
  const { x, y } = box("b");
  const beside = routes[2]!.points.slice(1, -1);
  expect(beside.every(([pointX]) => Math.abs(pointX - x) > 100)).toBe(true);
  expect(beside.map(([, pointY]) => pointY)).toEqual([y + 300, y]);
  expect(middle(box("b"))).toBe(y + 150);
});

test("a label has a place of its own between the layers of its edge", () => {
  const slots = boxes("ab");
  const { routes } = placeInLayers(slots, [{ source: "a", target: "b", labelWidth: 80 }]);
  const [, y] = routes[0]!.labelPosition!;
  expect(slots.get("a")!.y + 20 < y && y < slots.get("b")!.y).toBe(true);
});

test("the largest graph that is shown does not hang", () => {
  const slots = new Map(Array.from({ length: 300 }, (_, number) => [String(number), createSlot(60, 20)]));
  const pairs = Array.from({ length: 299 }, (_, number) => [number, number + 1]);
  for (let one = 0; pairs.length < 2000; one++) {
    for (let two = 299; two > one + 1 && pairs.length < 2000; two--) pairs.push([one, two]);
  }
  const edges = pairs.map(([source, target]) => ({ source: String(source), target: String(target), labelWidth: 0 }));
  const before = performance.now();
  expect(placeInLayers(slots, edges).routes).toHaveLength(2000);
  expect(performance.now() - before).toBeLessThan(1000); // 20 ms
});
