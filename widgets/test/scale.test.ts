/** How work and page grow with the run, counted rather than timed. */

import { expect, test } from "vitest";
import { long, parallel, wide } from "../dev/scenarios";
import type { Operation } from "../src/protocol/rows";
import { mount } from "./support/mount";

/** Paint after every `size` operations, as frames would; count what was changed in the page. */
function play(ops: readonly Operation[], size: number, watch: string): { nodes: number; records: number } {
  const { play: apply, element } = mount();
  let records = 0;
  const observer = new MutationObserver(() => undefined);
  observer.observe(element.querySelector(watch) as Node, { subtree: true, childList: true, characterData: true });
  for (let at = 0; at < ops.length; at += size) {
    apply(ops.slice(at, at + size));
    for (const { addedNodes, removedNodes } of observer.takeRecords())
      records += Math.max(1, addedNodes.length + removedNodes.length);
  }
  observer.disconnect();
  const walker = document.createTreeWalker(element.querySelector(watch) as Node);
  let nodes = 0;
  while (walker.nextNode()) nodes++;
  return { nodes, records };
}

test("the page of 20,000 tokens is twice that of 10,000, and so is the work of writing it", () => {
  const half = play(long(10_000).ops, 25, ".lgs-list");
  const whole = play(long(20_000).ops, 25, ".lgs-list");
  expect(whole.nodes / half.nodes).toBeLessThan(2.1);
  expect(whole.records / half.records).toBeLessThan(2.1);
});

test("the page does not depend on how the text was cut into frames", () => {
  const fine = play(long(2000).ops, 1, ".lgs-list");
  const coarse = play(long(2000).ops, 500, ".lgs-list");
  expect(fine.nodes).toBe(coarse.nodes);
});

test("20,000 tokens make far fewer nodes than tokens", () => {
  expect(play(long(20_000).ops, 25, ".lgs-list").nodes).toBeLessThan(20_000 / 2);
});

test("2,000 tasks that end one by one change each bar a bounded number of times", () => {
  const { records } = play(wide(2000).ops, 50, ".lgs-lanes");
  expect(records).toBeLessThan(200 * 20);
});

test("100,000 tokens of one call: the page grows with the text's paragraphs", () => {
  const { ops } = long(100_000);
  const { play: apply, element } = mount();
  for (let at = 0; at < ops.length; at += 1000) apply(ops.slice(at, at + 1000));
  expect(element.querySelectorAll("*").length).toBeLessThan(100_000 / 4);
});

test("200 parallel calls are 200 cards and 200 lanes, and tokens add only elements of their own text", () => {
  const nodes = (count: number) => {
    const { element } = mount(parallel(200, count).ops);
    expect(element.querySelectorAll(".lgs-card")).toHaveLength(200);
    return element.querySelectorAll("*").length;
  };
  const few = nodes(2000);
  expect(few).toBeLessThan(200 * 40);
  expect(nodes(20_000) - few).toBeLessThan(18_000 / 2);
});
