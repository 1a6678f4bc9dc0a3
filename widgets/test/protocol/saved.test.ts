import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { MIME, rendererClass } from "../../src/mimeRenderer";
import type { Operation } from "../../src/protocol/rows";
import { showSavedRun } from "../../src/runview";
import { readSavedRun } from "../../src/protocol/saved";

/** Written by tests/views/saved/test_bundle.py. */
const joke = JSON.parse(readFileSync("../tests/views/goldens/joke.run.json", "utf8")) as { operations: string };

afterEach(() => document.body.replaceChildren());

async function packed(text: string): Promise<{ operations: string }> {
  const { readable, writable } = new CompressionStream("deflate");
  const writer = writable.getWriter();
  void writer.write(new TextEncoder().encode(text)).then(() => writer.close());
  const bytes = new Uint8Array(await new Response(readable).arrayBuffer());
  return { operations: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
}

const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

function shown(ops: readonly Operation[]): HTMLElement {
  const element = document.body.appendChild(document.createElement("div"));
  showSavedRun(ops, element);
  return element;
}

test("operations that Python saved are read, in order", async () => {
  const ops = await readSavedRun(joke);
  expect(ops[0]).toEqual([0, "run", "run", expect.objectContaining({ status: "running" })]);
  expect(ops.at(-1)?.[3]).toMatchObject({ status: "done" });
  expect(ops.map(([t]) => t)).toEqual(ops.map(([t]) => t).sort((a, b) => a - b));
});

test("a saved run is shown as it ended, and its scrubber reaches every moment", async () => {
  const element = shown(await readSavedRun(joke));
  const text = (selector: string) => element.querySelector(selector)?.textContent ?? "";
  expect(text(".lgs-status")).toBe("done");
  expect(text(".lgs-list")).toContain("licked the sprinkles");
  const slider = element.querySelector('[role="slider"]');
  slider?.dispatchEvent(new KeyboardEvent("keydown", { key: "Home" }));
  for (let n = 0; n < 3; n++) slider?.dispatchEvent(new KeyboardEvent("keydown", { key: "PageUp" }));
  await frame();
  expect(text(".lgs-status")).toBe("running");
  expect(text(".lgs-list")).toContain("Why did the ice-cream");
  expect(text(".lgs-list")).not.toContain("licked the sprinkles");
  slider?.dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
  await frame();
  expect(text(".lgs-status")).toBe("done");
});

test("without a kernel nothing can be stopped or sent", async () => {
  const asked: Operation[] = [
    [0, "run", "run", { graph: "g", status: "waiting", asks: true }],
    [0, "tree", "/", { parent: "", name: "g", kind: "graph" }],
    [0, "tree", "a", { parent: "/", name: "a", path: "a", kind: "node", status: "waiting" }],
    [0, "task", "t", { row: "a", node: "a", step: 1, started: 0, status: "waiting", question: "sure?" }],
    [0, "task", "t", { ask: [{ id: "q", value: "sure?", schema: null }] }],
  ];
  const element = shown(asked);
  expect(element.textContent).toContain("sure?");
  const buttons = [...element.querySelectorAll<HTMLButtonElement>(".lgs-questions button")];
  expect(buttons.filter((button) => !button.disabled)).toEqual([]);
  expect(element.querySelector<HTMLElement>(".lgs-stop")?.hidden).toBe(true);
});

test("a saved run that waits at a breakpoint says so, and its form is closed", async () => {
  const pause = { id: "b", before: ["write"], value: { draft: "cats" } };
  const ops = [[0, "run", "run", { graph: "g", status: "waiting", asks: true, pause }]];
  const element = shown(await readSavedRun(await packed(JSON.stringify(ops))));
  expect(element.querySelector(".lgs-status")?.textContent).toBe("at a breakpoint");
  expect(element.querySelector(".lgs-questions")?.textContent).toContain("write");
  const controls = [...element.querySelectorAll<HTMLButtonElement>(".lgs-questions :is(button, input, textarea)")];
  expect(controls.filter((control) => !control.disabled)).toEqual([]);
});

test("the view says what was left out of a saved run", () => {
  const element = shown([[0, "run", "run", { graph: "g", status: "done", left_out: "5 tasks" }]]);
  expect(element.textContent).toContain("Left out when the run was saved: 5 tasks.");
});

test.each([
  ["nothing", undefined, /no operations/],
  ["no text", { operations: 5 }, /no operations/],
  ["no base64", { operations: "%" }, /./],
  ["cut off", { operations: joke.operations.slice(0, 400) }, /./],
])("data that is not a saved run is rejected: %s", async (_, data, why) => {
  await expect(readSavedRun(data)).rejects.toThrow(why);
});

test("a small file that decompresses to a huge one is rejected", async () => {
  await expect(readSavedRun(await packed(" ".repeat(40_000_000)))).rejects.toThrow(/more than/);
});

class Widget {
  readonly node = document.body.appendChild(document.createElement("div"));
  isDisposed = false;
  readonly parent = null;
  dispose(): void {
    this.isDisposed = true;
  }
}

const Renderer = rendererClass(Widget, () => Promise.resolve({ readSavedRun, showSavedRun }));

test("the renderer shows the run of an output, and removes it with the output", async () => {
  const output = new Renderer();
  await output.renderModel({ data: { [MIME]: joke } });
  expect(output.node.querySelectorAll(".lgs-view")).toHaveLength(1);
  await output.renderModel({ data: { [MIME]: joke } });
  expect(output.node.querySelectorAll(".lgs-view")).toHaveLength(1);
  output.dispose();
  expect(output.node.childElementCount).toBe(0);
});

test("an output that is removed before its run was read stays empty", async () => {
  const output = new Renderer();
  const rendered = output.renderModel({ data: { [MIME]: joke } });
  output.dispose();
  await rendered;
  expect(output.node.childElementCount).toBe(0);
});

test("a run that cannot be shown is shown as text, with the reason", async () => {
  const output = new Renderer();
  await output.renderModel({ data: { [MIME]: { operations: "x" }, "text/plain": "<b>plain</b>" } });
  expect(output.node.textContent).toMatch(/cannot be shown: .+<b>plain<\/b>/s);
  expect(output.node.querySelector("b")).toBeNull();
});

const EVIL =
  "<img src=x onerror=alert(1)><script>alert(1)</script>[a](javascript:alert(1)) ![p](https://evil.example/p.png)";

/** The saved joke with something else in every field of every row. */
async function spoilt(value: unknown): Promise<{ operations: string }> {
  const ops = (await readSavedRun(joke)).map(([t, table, id, fields, text]) => {
    if (text !== undefined) return [t, table, id, fields, EVIL];
    const own = Object.keys(fields).map((name) => [
      name,
      name === "row" || name === "status" ? fields[name as never] : value,
    ]);
    return [t, table, id, Object.fromEntries(own)];
  });
  return packed(JSON.stringify(ops));
}

test.each([
  ["markup", EVIL],
  ["a number", 1e9],
  ["an object", { toString: 1, length: -1 }],
  ["a list", [EVIL, null, 3]],
  ["nothing", null],
])("a hostile run with %s in its fields adds nothing to the page but text", async (_, value) => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const output = new Renderer();
  await output.renderModel({ data: { [MIME]: await spoilt(value), "text/plain": "plain" } });
  await frame();
  expect(output.node.querySelector("script, img, iframe, object, embed, link, style, form[action]")).toBeNull();
  for (const element of output.node.querySelectorAll("*")) {
    expect(element.getAttributeNames().filter((name) => name.startsWith("on"))).toEqual([]);
    expect(element.getAttribute("href") ?? "").not.toMatch(/^\s*(javascript|data):/i);
  }
  expect(fetched).not.toHaveBeenCalled();
  output.dispose();
});

test("a row that is its own parent is not shown, and the notice says why", async () => {
  const output = new Renderer();
  const row = { parent: "", name: "", path: "", kind: "graph", status: "done", order: 0 };
  const data = { [MIME]: await packed(JSON.stringify([[0, "tree", "", row]])), "text/plain": "plain" };
  await output.renderModel({ data });
  expect(output.node.textContent).toContain("operation 0: the id of a tree row is empty");
});
