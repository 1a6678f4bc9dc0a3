import { expect, test } from "vitest";
import { circles } from "../../dev/scenarios";
import { edgeKey, graphProgress } from "../../src/model/graphProgress";
import type { Shape } from "../../src/protocol/rows";
import { mount } from "../support/mount";

test("edges show how often they were taken, including cycles and loops", () => {
  const mounted = mount(circles().ops);
  const { tables, run } = mounted.store;
  const { edges, nodes } = graphProgress(run.shape!, tables);
  expect(Object.fromEntries(edges)).toEqual({
    [edgeKey("", "__start__", "plan")]: 1,
    [edgeKey("", "plan", "agent")]: 1,
    [edgeKey("", "agent", "tools")]: 2,
    [edgeKey("", "tools", "agent")]: 2,
    [edgeKey("", "agent", "critic")]: 1,
    [edgeKey("", "critic", "critic")]: 1,
    [edgeKey("", "critic", "__end__")]: 1,
  });
  expect(nodes.get("agent")?.visits).toBe(3);
});

test("edges of a join are counted even if its sources ran in different supersteps", () => {
  const shape: Shape = {
    name: "g",
    nodes: ["a", "b", "c", "j"].map((name) => ({ name })),
    edges: [
      ["__start__", "a", false, ""],
      ["__start__", "b", false, ""],
      ["b", "c", false, ""],
      ["a", "j", false, ""],
      ["c", "j", false, ""],
    ],
  };
  const tables = mount([[0, "tree", "/", { parent: "" }]]).store.tables;
  const run = (name: string, step: number, triggers: string[] = []) => {
    tables.tree.set(name, { parent: "/", name });
    tables.task.set(`t${name}`, { row: name, step, status: "done", triggers });
  };
  run("a", 1);
  run("b", 1);
  run("c", 2);
  run("j", 3, ["join:a+c:j"]);
  const taken = graphProgress(shape, tables).edges;
  expect([taken.get(edgeKey("", "a", "j")), taken.get(edgeKey("", "c", "j"))]).toEqual([1, 1]);
});
