/**
 * A saved run is one put a row, with all that became of it. For a reader who looks back, each is parted into what was
 * known when the row began and what came when it ended. When each word of a text came is not saved: it comes with the
 * end.
 */

import type { Operation, Put, Table } from "./rows";

type Fields = Record<string, unknown>;

/** Fields that are known when a row begins. All others come with its end. */
const BEGINNING: Partial<Record<Table, readonly string[]>> = {
  run: ["graph", "started", "mermaid", "shape"],
  tree: ["parent", "name", "path", "kind", "order"],
  task: ["row", "node", "step", "parent", "started", "triggers", "input", "cached"],
  call: ["row", "task", "path", "role", "model", "name", "tags", "started"],
  step: ["row", "step", "started"],
};

/** The operations in the order of their times; those that tell what had not happened yet are parted. */
export function unfold(ops: readonly Operation[]): Operation[] {
  const parted = ops.flatMap((op): Operation[] => (op.length === 4 ? part(op) : [op]));
  return parted.sort((a, b) => a[0] - b[0]);
}

function part(op: Put): Put[] {
  const [t, table, id, fields] = op;
  const begins = BEGINNING[table];
  const ended = fields["ended"];
  if (begins === undefined || typeof ended !== "number" || ended <= t) return [op];
  const known = Object.entries(fields).filter(([name]) => begins.includes(name));
  const begun: Fields = Object.fromEntries(known);
  const rest: Fields = Object.fromEntries(Object.entries(fields).filter(([name]) => !begins.includes(name)));
  const puts: Put[] = [[t, table, id, begun]];
  const later = (at: unknown, some: Fields): void => {
    if (typeof at === "number") puts.push([Math.max(t, at), table, id, some]);
  };
  if (table === "tree") {
    begun["status"] = "pending";
    later(fields["started"], { status: "running", started: fields["started"], color: fields["color"] });
  } else if (table === "run" || table === "task") {
    begun["status"] = "running";
  } else if (table === "call" && typeof fields["first"] === "number") {
    later(fields["first"], { first: fields["first"] });
  }
  const { released, ...end } = rest;
  later(ended, end);
  if (released !== undefined) later(released, { released });
  return puts;
}
