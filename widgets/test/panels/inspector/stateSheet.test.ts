import { expect, test } from "vitest";
import { chat, done } from "../../../dev/scenarios";
import { parseMessages } from "../../../src/model/stateMessages";
import { type Mounted, mount, press } from "../../support/mount";

function state(view: Mounted): Mounted {
  view.all(".lgs-buttons button")[1]?.click();
  view.paint();
  return view;
}

test("messages are parsed from the texts that Python writes, and only from those", () => {
  const text =
    '[{"human": "hi"}, {"ai": {"content": "", "tool_calls": [{"name": "f", "args": {"a": 1}}]}}, "… 3 more"]';
  expect(parseMessages(text)).toEqual([
    { role: "human", name: "", text: "hi", calls: [] },
    { role: "ai", name: "", text: "", calls: [{ name: "f", args: '{"a":1}' }] },
    { role: "", name: "", text: "… 3 more", calls: [] },
  ]);
  expect(
    parseMessages('[{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"}]}]')?.[0],
  ).toMatchObject({
    role: "human",
    text: "a\nimage",
  });
  expect([
    parseMessages('[{"human": "cut'),
    parseMessages("[1]"),
    parseMessages('[{"a": 1, "b": 2}]'),
    parseMessages("[]"),
  ]).toEqual([undefined, undefined, undefined, undefined]);
});

test("messages are shown as a chat, with their tool calls", () => {
  const { texts, all } = state(mount(chat().ops));
  expect(texts(".lgs-who")).toEqual(["human", "model", "tool · weather", "model"]);
  expect(texts(".lgs-called")).toEqual(['weather(city="Oslo")']);
  expect(all(".lgs-bubble.lgs-human")).toHaveLength(1);
});

test("a long value is folded, and stays open if the reader opened it", () => {
  const { one, play } = state(mount(chat().ops));
  const long = one(".lgs-long") as HTMLDetailsElement;
  expect(long.open).toBe(false);
  long.open = true;
  long.dispatchEvent(new Event("toggle"));
  play([[9, "step", "/@3", { values: { plan: "x".repeat(400) } }]]);
  expect((one(".lgs-long") as HTMLDetailsElement).open).toBe(true);
});

test("buttons go to the state one superstep before or later, with what each node changed", () => {
  const view = state(mount(chat().ops));
  const turn = (name: string) => {
    view.one(`[aria-label="State one step ${name}"]`).click();
    view.paint();
  };
  expect(view.one(".lgs-steps").textContent).toContain("after step 3");
  turn("before");
  expect(view.one(".lgs-steps").textContent).toContain("after step 2");
  expect(view.one(".lgs-changer").textContent).toBe("tools");
  expect(view.all(".lgs-bubble")).toHaveLength(3);
  turn("before");
  turn("before");
  expect(view.one(".lgs-steps").textContent).toContain("after step 0");
  expect((view.one('[aria-label="State one step before"]') as HTMLButtonElement).disabled).toBe(true);
  turn("later");
  expect(view.one(".lgs-steps").textContent).toContain("after step 1");
});

test("the state follows the moment shown", () => {
  const view = state(mount(chat().ops));
  press(view.one(".lgs-slider"), "Home");
  for (let n = 0; n < 5; n++) press(view.one(".lgs-slider"), "PageUp");
  view.paint();
  expect(view.one(".lgs-steps").textContent).toContain("after step 1");
});

const PARTS = {
  tokens: ".lgs-tokens",
  timeline: ".lgs-timeline",
  tree: ".lgs-tree",
  state: ".lgs-steps",
  graph: ".lgs-node",
};

test.each(Object.entries(PARTS))("a widget with the part %s shows only that panel", (part, selector) => {
  const view = mount(done().ops, { part });
  expect(view.all(selector).length).toBeGreaterThan(0);
  for (const [other, found] of Object.entries(PARTS)) if (other !== part) expect(view.all(found)).toHaveLength(0);
  expect(view.all(".lgs-header")).toHaveLength(0);
});

test("without a part, or with an unknown one, it is the whole view", () => {
  expect(mount(done().ops).all(".lgs-header")).toHaveLength(1);
  expect(mount(done().ops, { part: "future" }).all(".lgs-header")).toHaveLength(1);
});
