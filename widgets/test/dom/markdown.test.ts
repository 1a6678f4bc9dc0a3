import { describe, expect, test } from "vitest";
import { HOSTILE } from "../../dev/scenarios";
import { MarkdownStream } from "../../src/dom/markdown";
import { safeUrl } from "../../src/dom/markdownElements";

/** Written in pieces of one length, as a model would; what the page holds then. */
function render(text: string, piece = text.length): HTMLElement {
  const root = document.createElement("div");
  const stream = new MarkdownStream(root);
  for (let at = 0; at < text.length; at += Math.max(1, piece)) stream.write(text.slice(at, at + Math.max(1, piece)));
  stream.end();
  return root;
}

describe("hostile text", () => {
  const pieces = [1, 7, HOSTILE.length];

  test.each(pieces)("creates only elements on the list (in pieces of %i)", (piece) => {
    const allowed = /^(P|A|EM|STRONG|CODE|PRE|BR|HR|UL|OL|LI|S|SPAN|H[3-6]|BLOCKQUOTE|TABLE|TR|TD|INPUT)$/;
    const tags = [...render(HOSTILE, piece).querySelectorAll("*")].map((element) => element.tagName);
    expect(tags.filter((tag) => !allowed.test(tag))).toEqual([]);
  });

  test.each(pieces)("links only to http, https and mailto (in pieces of %i)", (piece) => {
    const links = [...render(HOSTILE, piece).querySelectorAll("a[href]")].map((link) => link.getAttribute("href"));
    expect(links).toEqual([
      "https://ok.example/a",
      "https://evil.example/p.png", // an image: linked, never loaded
      "mailto:a@b.example",
      "https://raw.example/path",
    ]);
  });

  test.each(pieces)("has no attribute that runs or loads anything (in pieces of %i)", (piece) => {
    const names = [...render(HOSTILE, piece).querySelectorAll("*")].flatMap((element) => element.getAttributeNames());
    expect(new Set(names)).toEqual(new Set(["href", "target", "rel", "title"]));
  });

  test("raw HTML is shown as text", () => {
    expect(render("a <script>alert(1)</script> <img src=x onerror=y>").textContent).toBe(
      "a <script>alert(1)</script> <img src=x onerror=y>",
    );
  });

  test("a refused address is shown as it was written", () => {
    expect(render("[x](javascript:alert(1))").textContent).toBe("[x](javascript:alert(1))");
  });

  test("ten thousand nested quotes do not nest ten thousand elements", () => {
    const root = render("> ".repeat(10_000) + "deep");
    let depth = 0;
    for (let at: Element | null = root; at !== null; at = at.lastElementChild) depth++;
    expect(depth).toBeLessThan(30);
    expect(root.textContent).toContain("deep");
  });

  test("text that the parser cannot decide on is shown as it is", () => {
    const dashes = "- ".repeat(50_000);
    expect(render(dashes, 1000).textContent).toHaveLength(dashes.length);
  });
});

test.each([
  "javascript:x",
  "JAVASCRIPT:x",
  " data:text/html,x",
  "//host/x",
  "/path",
  "file:///x",
  "java\nscript:x",
  "httpx://a",
])("%j is not a safe address", (url) => expect(safeUrl(url)).toBeUndefined());

test.each([
  "$HOME and $PATH",
  "it costs $5 or $x",
  "snake_case_name and __init_subclass__x",
  "a[0] = [1, 2]",
  "[note]",
  "x \\(a\\) y",
])("%j keeps every character", (text) => {
  for (const piece of [1, 3, text.length]) {
    const root = render(text, piece);
    expect(root.textContent!.replaceAll(/[_\s]/g, "")).toBe(text.replaceAll(/[_\s]/g, ""));
  }
});

test("underscores within words are text, around words they are emphasis", () => {
  const root = render("get_items_now and _this_ one", 1);
  expect([...root.querySelectorAll("em")].map((em) => em.textContent)).toEqual(["this"]);
  expect(root.textContent).toBe("get_items_now and this one");
});

test("in code nothing is escaped", () => {
  expect(render("`a_b $c` and\n\n```sh\necho $a_b\n```\n", 1).textContent).toBe("a_b $c andecho $a_b");
});

test("pieces of any size give the same page", () => {
  const text =
    "# Head\n\nA *b* `c_d` [e](https://f.example) $5\n\n- one\n- two_2\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx_y = 1\n```\n";
  const whole = render(text).innerHTML;
  for (const piece of [1, 2, 3, 5, 8, 13]) expect(render(text, piece).innerHTML).toBe(whole);
});

test("writing appends: elements that are there stay the same elements", () => {
  const root = document.createElement("div");
  const stream = new MarkdownStream(root);
  stream.write("First paragraph.\n\nSecond one");
  const [first, second] = [...root.children];
  stream.write(" goes on.\n\n- list");
  expect([...root.children].slice(0, 2)).toEqual([first, second]);
});

test("the caret is at the end of the text, and removed when the text has ended", () => {
  const root = document.createElement("div");
  const stream = new MarkdownStream(root);
  stream.write("One.\n\nTwo");
  stream.markTip();
  expect([...root.querySelectorAll(".lgs-tip")].map((tip) => tip.textContent)).toEqual(["Tw"]);
  stream.end();
  expect(root.querySelector(".lgs-tip")).toBeNull();
  expect(root.textContent).toBe("One.Two");
});

test("a message cut short in a link loses nothing", () => {
  expect(render("see [docs](https://docs.exam", 1).textContent).toBe("see [docs](https://docs.exam");
});

describe("a long block", () => {
  const parts = (root: HTMLElement): number[] =>
    [...root.querySelectorAll(".lgs-part")].map((part) => part.textContent.length);

  test("of prose continues in parts of about 8,000 characters, without losing any", () => {
    const text = "word ".repeat(20_000);
    const root = render(text, 50);
    expect(root.querySelectorAll("p")).toHaveLength(1);
    expect(parts(root).length).toBeGreaterThan(9);
    expect(Math.max(...parts(root))).toBeLessThan(9000);
    expect(root.textContent?.trimEnd()).toBe(text.trimEnd());
  });

  test("of code is split between its lines", () => {
    const code = "let x = 1;\n".repeat(5000);
    const root = render(`\`\`\`ts\n${code}\`\`\`\n`, 50);
    expect(parts(root).length).toBeGreaterThan(4);
    expect([...root.querySelectorAll(".lgs-part")].every((part) => part.textContent.startsWith("let"))).toBe(true);
    expect(root.querySelector("pre")?.textContent).toBe(code.trimEnd());
  });

  test("counts the text of the elements within it", () => {
    const root = render("some **bold words** ".repeat(2000), 50);
    expect(parts(root).length).toBeGreaterThan(2);
    expect(root.querySelectorAll(".lgs-part strong").length).toBeGreaterThan(500);
  });
});
