import { expect, test, vi } from "vitest";
import { Story, agent, done, failed, running } from "../../../dev/scenarios";
import { mount, type } from "../../support/mount";

test("there is one card per call, with custom writes between them, in the order of their start", () => {
  const { one } = mount(done().ops);
  const kinds = [...one(".lgs-list").querySelectorAll("article, .lgs-note")].map(
    (item) => item.className.split(" ")[0],
  );
  expect(kinds).toEqual(["lgs-note", "lgs-card", "lgs-card", "lgs-card"]);
});

test("a card shows path, model, tags, time to first token and rate", () => {
  const { texts } = mount(done().ops);
  expect(texts(".lgs-card-head")[0]).toBe("write › draftjokesmollm2 · first token 0.20 s · 128 tok · 75 tok/s");
});

test("a short wait for the first token is shown in milliseconds", () => {
  const { one } = mount([[1, "call", "c1", { started: 1, first: 1.004 }]]);
  expect(one(".lgs-card-head").textContent).toBe("first token 4 ms");
});

test("text is Markdown while it streams, with a caret until it ends", () => {
  const { one, play } = mount(running().ops);
  expect(one(":last-child > .lgs-card strong:not(header *)").textContent).toBe("Whiskers and waffles");
  expect(one(".lgs-open .lgs-tip").textContent).toContain("and licked");
  play([[9, "call", "c2", { ended: 9 }]]);
  expect(document.querySelector(".lgs-open, .lgs-tip")).toBeNull();
});

test("an add appends and does not touch the elements before it", () => {
  const { one, play } = mount(running().ops);
  const paragraph = one(":last-child > .lgs-card .lgs-text p");
  play([
    [9, "call", "c2", "text", " and more"],
    [9, "call", "c2", "text", " and more"],
  ]);
  expect(one(":last-child > .lgs-card .lgs-text p")).toBe(paragraph);
  expect(one(":last-child > .lgs-card .lgs-text").textContent).toMatch(/smelt; and more and mor$/);
});

test("text that is put again replaces what was shown", () => {
  const { one, play } = mount(running().ops);
  play([[9, "call", "c2", { text: "Another answer.", ended: 9 }]]);
  expect(one(":last-child > .lgs-card .lgs-text").textContent).toBe("Another answer.");
});

test("a tool call shows its arguments as they grow, and as a call once they are whole", () => {
  expect(mount(running().ops).one(".lgs-tool").textContent).toBe('get_items {"place": "off');
  expect(mount(done().ops).one(".lgs-tool").textContent).toBe('get_items(place="office")');
});

test("the result of a tool is shown as it is, not as Markdown", () => {
  const { one, play } = mount(done().ops);
  expect(one(".lgs-result .lgs-text").textContent).toBe("books, pencils, pictures");
  play([[9, "call", "t", { role: "tool", path: "x", text: "*raw*", started: 9, ended: 9 }]]);
  expect(one(":last-child > .lgs-card .lgs-text").innerHTML).toBe("*raw*");
});

test("reasoning is folded and grows", () => {
  const { one, play } = mount(running().ops);
  const details = one(".lgs-reasoning") as HTMLDetailsElement;
  expect(details.open).toBe(false);
  expect(details.querySelector("summary")?.textContent).toBe("reasoning, 81 characters");
  play([[9, "call", "c2", "reasoning", "!!"]]);
  expect(one(".lgs-reasoning-text").textContent).toMatch(/rhyme\.!!$/);
});

test("an error is below the text before it", () => {
  const { all } = mount(failed().ops);
  const body = all(".lgs-card")[1]?.querySelector(".lgs-body");
  expect(body?.lastElementChild?.className).toBe("lgs-error");
  expect(body?.textContent).toMatch(/catadromous.*RateLimitError/s);
});

test("repetitions that were left out are counted", () => {
  expect(mount(done().ops).texts(".lgs-card-head")[1]).toContain("1 repeat left out");
});

test("a card is busy for screen readers while it is written", () => {
  const { all } = mount(running().ops);
  expect(all(".lgs-card").map((card) => card.getAttribute("aria-busy"))).toEqual(["false", "true"]);
});

test("when the run stops, cards that were being written are closed", () => {
  const { all, play } = mount(running().ops);
  play([[9, "run", "run", { status: "stopped", ended: 9 }]]);
  expect(all('[aria-busy="true"]')).toHaveLength(0);
});

test("the path of a card inspects its task", () => {
  const { all, one, paint } = mount(done().ops);
  all(".lgs-path")[0]?.click();
  paint();
  expect(one(".lgs-where").textContent).toBe("step 1 · write › draft");
});

function calls(count: number): Story {
  const story = new Story("many").node("/a", "a").start("/a", 1);
  for (let n = 0; n < count; n++) {
    story.wait(0.1).put("call", `c${n}`, {
      row: "/a",
      path: "a",
      role: "model",
      started: story.clock,
      ended: story.clock,
      text: `no ${n}`,
    });
  }
  return story;
}

test("of a flood of custom writes only the last get elements, and a button adds the earlier ones", () => {
  const { all, one, play, texts } = mount([[0, "note", "first", { row: "/a", path: "a", at: 0, text: "first" }]]);
  const create = vi.spyOn(document, "createElement");
  play(Array.from({ length: 5000 }, (_, n) => [1, "note", `n${n}`, { row: "/a", path: "a", at: 1, text: `no ${n}` }]));
  expect(create.mock.calls.length).toBeLessThan(1000);
  create.mockRestore();
  expect(all(".lgs-note")).toHaveLength(200);
  expect(texts(".lgs-note-text").at(-1)).toBe("no 4999");
  expect(one(".lgs-earlier").textContent).toBe("4,801 earlier");
  one(".lgs-earlier").click();
  expect(texts(".lgs-note-text")[0]).toBe("no 4600");
});

test("at most two hundred cards are in the page; a button adds earlier ones", () => {
  const { all, one, play } = mount(calls(450).ops);
  expect(all(".lgs-card")).toHaveLength(200);
  expect(one(".lgs-earlier").textContent).toBe("250 earlier");
  one(".lgs-earlier").click();
  expect(all(".lgs-card")).toHaveLength(400);
  expect(all(".lgs-card")[0]?.textContent).toContain("no 50");
  play([[99, "call", "late", { row: "/a", path: "a", role: "model", started: 99, text: "late" }]]);
  expect(all(".lgs-card").at(-1)?.textContent).toContain("lat");
});

/** jsdom lays nothing out: give the scroller a height, and its content one that grows. */
function scrollable(scroller: HTMLElement): { height: number } {
  const size = { height: 1000 };
  Object.defineProperty(scroller, "clientHeight", { get: () => 200 });
  Object.defineProperty(scroller, "scrollHeight", { get: () => size.height });
  return size;
}

test("the panel follows the end, until the reader scrolls up, and again by the button", () => {
  const { one, play } = mount(running().ops);
  const scroller = one(".lgs-scroller");
  const size = scrollable(scroller);
  play([[9, "call", "c2", "text", "x"]]);
  expect(scroller.scrollTop).toBe(1000);
  scroller.scrollTop = 300;
  scroller.dispatchEvent(new Event("scroll"));
  size.height = 1200;
  play([[9, "call", "c2", "text", "x"]]);
  expect(scroller.scrollTop).toBe(300);
  expect(one(".lgs-follow").hidden).toBe(false);
  one(".lgs-follow").click();
  expect(scroller.scrollTop).toBe(1200);
});

test("a tool's card shows its call, its progress and its answer", () => {
  const { all, texts } = mount(agent().ops);
  const [tool] = all(".lgs-result");
  expect(tool?.querySelector(".lgs-call")?.textContent).toBe('search(query="eels in autumn")');
  expect([...(tool?.querySelector(".lgs-progress")?.children ?? [])].map((line) => line.textContent)).toEqual(
    [1, 2, 3, 4].map((page) => `page ${page} of 4`),
  );
  expect(tool?.querySelector(".lgs-text")?.textContent).toBe("eels leave rivers\nat new moon");
  expect(texts(".lgs-note")).toEqual([]);
});

test("a tool's card says that it is running, and afterwards how long it took", () => {
  const s = new Story("x").node("/n", "n").start("/n", 1);
  s.put("call", "t", { row: "/n", path: "n", role: "tool", name: "f", args: "{}", started: 0, text: "" });
  const { one, play } = mount(s.ops);
  expect(one(".lgs-card-head").textContent).toBe("nf()running");
  play([[2, "call", "t", { ended: 2, status: "success", text: "x" }]]);
  expect(one(".lgs-card-head").textContent).toBe("nf()2.0 s");
});

test("only the last hundred lines of a tool's progress are in the page", () => {
  const s = new Story("x").node("/n", "n").start("/n", 1);
  s.put("call", "t", { row: "/n", path: "n", role: "tool", name: "f", args: "{}", started: 0, text: "" });
  for (let n = 1; n <= 1000; n++) s.put("note", `n${n}`, { row: "/n", at: 0, text: `line ${n}`, call: "t" });
  const { one } = mount(s.ops);
  const lines = [...one(".lgs-progress").children].map((line) => line.textContent);
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([100, "… 901 before", "line 1000"]);
});

test("custom writes that share a row are added to its text, in the list and on the card of a tool", () => {
  const note = { row: "n1", task: "t1", path: "x", text: "one", at: 1, writes: 1 };
  const { one, play } = mount([
    [1, "call", "tool", { role: "tool", name: "search", args: "{}", path: "x", started: 1 }],
    [1, "note", "c1", note],
    [1, "note", "c2", { ...note, call: "tool" }],
  ]);
  play([
    [1, "note", "c1", "text", "\ntwo"],
    [1, "note", "c2", "text", "\nthree"],
  ]);
  expect(one(".lgs-note-text.lgs-flood").textContent).toBe("one\ntwo");
  expect(one(".lgs-progress").textContent).toBe("one\nthree");
});

test("the filter finds the arguments of a tool and what it wrote", () => {
  const { one, texts, paint } = mount(agent().ops);
  const search = (text: string): string[] => {
    type(one(".lgs-filter") as HTMLInputElement, text);
    paint();
    return texts(".lgs-call");
  };
  expect(search("page 3")).toEqual(['search(query="eels in autumn")']);
  expect(search("oslo")).toContain('weather(city="Oslo")');
});

test("usage and cost are shown if they are known", () => {
  const { texts, all } = mount(agent().ops);
  expect(texts(".lgs-card-head")[0]).toContain("420 in, 61 out");
  expect(texts(".lgs-card-head")[0]).toContain("$0.00012");
  expect(all(".lgs-card-head > .lgs-dim")[0]?.title).toBe("420 tokens in (400 from the cache), 61 out");
  expect(texts(".lgs-facts")[0]).toContain("$0.00031");
});
