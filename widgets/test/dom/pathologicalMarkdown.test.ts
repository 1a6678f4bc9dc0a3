/** What the page holds of a text is bounded, whatever the text; `tests/views/render/html` renders the same texts. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { MarkdownStream } from "../../src/dom/markdown";

interface Case {
  name: string;
  /** Texts and how often they are repeated; those with "n" fill the text up to the length that a test asks for. */
  pieces: [text: string, times: number | "n"][];
}

const CASES = JSON.parse(readFileSync("../tests/fixtures/pathological_markdown.json", "utf8")) as Case[];

function textOf({ pieces }: Case, length: number): string {
  const sum = (lengths: number[]): number => lengths.reduce((total, one) => total + one, 0);
  const fixed = sum(pieces.map(([text, times]) => (times === "n" ? 0 : text.length * times)));
  const repeated = sum(pieces.map(([text, times]) => (times === "n" ? text.length : 0)));
  const n = Math.max(Math.floor((length - fixed) / repeated), 1);
  return pieces.map(([text, times]) => text.repeat(times === "n" ? n : times)).join("");
}

/** Write `text` in pieces, and return the page with the number of changes of text that was there before. */
function render(text: string, piece: number): { root: HTMLElement; changes: number; writes: number } {
  const root = document.createElement("div");
  const stream = new MarkdownStream(root);
  let changes = 0;
  let writes = 0;
  const append = Text.prototype.appendData;
  Text.prototype.appendData = function (data: string): void {
    changes++;
    append.call(this, data);
  };
  try {
    for (let at = 0; at < text.length; at += piece, writes++) {
      stream.write(text.slice(at, at + piece));
      stream.markTip();
    }
    stream.end();
  } finally {
    Text.prototype.appendData = append;
  }
  return { root, changes, writes };
}

const BLOCKS = /^(P|LI|TD|PRE|H[3-6]|UL|OL|TABLE|TR|BLOCKQUOTE|DIV)$/;

/** The number of elements, their depth, the most cells of a row, and the most characters that are laid out together. */
function measure(root: HTMLElement): { elements: number; depth: number; cells: number; longest: number } {
  const all = { elements: 0, depth: 0, cells: 0, longest: 0 };
  const walk = (element: Element, depth: number): number => {
    let inline = 0;
    let cells = 0;
    for (let node = element.firstChild; node !== null; node = node.nextSibling) {
      if (!(node instanceof Element)) {
        inline += node.nodeValue?.length ?? 0;
        continue;
      }
      all.elements++;
      if (node.tagName === "TD") cells++;
      const length = walk(node, depth + 1);
      const isBlock = BLOCKS.test(node.tagName) || node.className !== "";
      if (isBlock) all.longest = Math.max(all.longest, length);
      else inline += length;
    }
    all.depth = Math.max(all.depth, depth);
    all.cells = Math.max(all.cells, cells);
    return inline;
  };
  all.longest = Math.max(walk(root, 0), all.longest);
  return all;
}

beforeAll(() => {
  vi.spyOn(console, "assert").mockReturnValue(undefined); // the parser's; the bundle is built without them
});

describe.each([1000, 100_000])("in pieces of %i characters", (piece) => {
  test.each(CASES)("$name", (example) => {
    const { root, changes, writes } = render(textOf(example, 16_000), piece);
    const { elements, depth, cells, longest } = measure(root);
    expect(elements).toBeLessThan(15_000);
    expect(depth).toBeLessThan(50);
    expect(cells).toBeLessThan(51);
    expect(longest).toBeLessThan(17_000);
    // A browser takes the time of the whole paragraph for each.
    expect(changes).toBeLessThan(3 * writes + 60);
  });
});

test.each([...'|*_[]()<>#~`+-=:!&\\"'])("one million of %s", (character) => {
  const start = performance.now();
  const { root } = render(character.repeat(1_000_000), 100_000);
  expect(performance.now() - start).toBeLessThan(20_000); // measured: 1.5 s at most
  expect(measure(root).elements).toBeLessThan(15_000);
});

test("cells beyond the fiftieth are text in the last one", () => {
  const { root } = render("|a".repeat(60) + "|\n", 1000);
  const cells = [...root.querySelectorAll("td")].map((cell) => cell.textContent);
  expect(cells).toHaveLength(50);
  expect(cells.slice(0, 2)).toEqual(["a", "a"]);
  expect(cells.at(-1)).toBe("a" + "|a".repeat(10));
});

test("a message with more elements than the page should hold goes on as plain text, without losing any", () => {
  const text = "*a* ".repeat(30_000);
  const { root } = render(text, 1000);
  expect(root.textContent?.replaceAll(/[* ]/g, "")).toBe("a".repeat(30_000));
  expect(root.querySelector(".lgs-plain")?.textContent).toMatch(/^[ *]*a\* \*a\*/);
});

test("a thousand combining marks on a letter are cut to those that can be read", () => {
  expect(render(`e${"\u0301".repeat(1000)}f`, 7).root.textContent).toBe(`e${"\u0301".repeat(32)}f`);
});

test("a few combining marks are left as they are", () => {
  const text = "a\u0323\u0301\u0302e\u0308 ".repeat(3).trim();
  for (const piece of [1, 2, 3, 100]) expect(render(text, piece).root.textContent).toBe(text);
});
