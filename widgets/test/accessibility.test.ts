/** axe-core over every state. Contrast is for style.test.ts: jsdom lays nothing out. */

import axe from "axe-core";
import { expect, test } from "vitest";
import { SCENARIOS, wide } from "../dev/scenarios";
import { mount } from "./support/mount";

const PARTS = ["", "tokens", "timeline", "tree", "state", "graph"];

async function serious(element: HTMLElement): Promise<string[]> {
  const rules = { "color-contrast": { enabled: false }, region: { enabled: false } };
  const { violations } = await axe.run(element, { rules, resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

const LARGE = ["long", "longest", "parallel"];
const STATES = Object.entries({ ...SCENARIOS, wide: () => wide(20) }).filter(([name]) => !LARGE.includes(name));

test.each(STATES)("no serious problem in the state %s, with tree and graph, task and state", async (_, scenario) => {
  const view = mount(scenario().ops);
  expect(await serious(view.element)).toEqual([]);
  view.all(".lgs-tab")[1]?.click();
  view.all(".lgs-buttons button")[1]?.click();
  view.all(".lgs-mode")[0]?.click();
  view.paint();
  expect(await serious(view.element)).toEqual([]);
});

test.each(PARTS)("no serious problem in the panel %s", async (part) => {
  expect(await serious(mount(SCENARIOS["done"]!().ops, { part }).element)).toEqual([]);
});

test("no serious problem before anything arrived", async () => {
  expect(await serious(mount().element)).toEqual([]);
});
