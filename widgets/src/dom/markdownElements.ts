/** The elements of one message, as the Markdown parser opens and closes them: only those below are ever created. */

import { Attr, Token } from "streaming-markdown";
import { make } from "./dom";
import { AFTER_LINE, AFTER_WORD, GrowingText } from "./growingText";

const TOKEN_TAGS: Partial<Record<Token, keyof HTMLElementTagNameMap>> = {
  [Token.Blockquote]: "blockquote",
  [Token.Paragraph]: "p",
  [Token.Heading_1]: "h3",
  [Token.Heading_2]: "h4",
  [Token.Heading_3]: "h5",
  [Token.Heading_4]: "h6",
  [Token.Heading_5]: "h6",
  [Token.Heading_6]: "h6",
  [Token.Code_Block]: "pre",
  [Token.Code_Fence]: "pre",
  [Token.Code_Inline]: "code",
  [Token.Italic_Ast]: "em",
  [Token.Italic_Und]: "em",
  [Token.Strong_Ast]: "strong",
  [Token.Strong_Und]: "strong",
  [Token.Strike]: "s",
  [Token.Link]: "a",
  [Token.Raw_URL]: "a",
  [Token.Image]: "a",
  [Token.Line_Break]: "br",
  [Token.Rule]: "hr",
  [Token.List_Unordered]: "ul",
  [Token.List_Ordered]: "ol",
  [Token.List_Item]: "li",
  [Token.Checkbox]: "input",
  [Token.Table]: "table",
  [Token.Table_Row]: "tr",
  [Token.Table_Cell]: "td",
  [Token.Equation_Block]: "span",
  [Token.Equation_Inline]: "span",
};

/** Marks around text that turned out not to be a link, and around formulas, which are shown as written. */
const OPENING_MARKS: Partial<Record<Token, string>> = {
  [Token.Link]: "[",
  [Token.Image]: "![",
  [Token.Equation_Block]: "\\[",
  [Token.Equation_Inline]: "\\(",
};
const CLOSING_MARKS: Partial<Record<Token, string>> = {
  [Token.Link]: "]",
  [Token.Image]: "]",
  [Token.Equation_Block]: "\\]",
  [Token.Equation_Inline]: "\\)",
};

/** Tokens whose elements contain blocks: they hold no lines of text that could become too long. */
const HOLDS_BLOCKS: ReadonlySet<Token> = new Set([
  Token.Document,
  Token.Blockquote,
  Token.List_Ordered,
  Token.List_Unordered,
  Token.Table,
  Token.Table_Row,
]);

const SAFE_URL = /^(https?:\/\/|mailto:)/i;
/** Elements are not nested deeper than this: ten thousand nested quotes would break the page. */
const MAX_DEPTH = 20;
/** Cells of a row; the last one holds the rest of the row. The cost of a table's layout grows with its columns squared. */
const MAX_COLUMNS = 50;
/** Elements of a message, about as many as half a megabyte of lists and tables has. The rest is shown as it is. */
const MAX_ELEMENTS = 10_000;

export function safeUrl(url: string): string | undefined {
  const trimmed = url.trim();
  return SAFE_URL.test(trimmed) ? trimmed : undefined;
}

interface OpenElement {
  element: HTMLElement;
  token: Token;
  text: GrowingText;
  /** The text node with the opening mark, to be removed once an address arrives. */
  mark?: Text;
  /** True once an address arrived, valid or not. */
  hasUrl?: boolean;
  /** Of a row: the last cell, and how many there are. */
  lastCell?: OpenElement;
  cells: number;
}

function openElement(element: HTMLElement, token: Token): OpenElement {
  const isCode = token === Token.Code_Block || token === Token.Code_Fence;
  return { element, token, text: new GrowingText(element, isCode ? AFTER_LINE : AFTER_WORD), cells: 0 };
}

export class ElementBuilder {
  readonly #stack: OpenElement[];
  #elements = 0;
  /** Texts that hold additions back: Chromium goes through the whole paragraph for each change of a text node. */
  readonly #changed = new Set<GrowingText>();

  constructor(root: HTMLElement) {
    this.#stack = [openElement(root, Token.Document)];
  }

  /** True if the message should get no more elements. */
  get isFull(): boolean {
    return this.#elements >= MAX_ELEMENTS;
  }

  /** The element that is written to, or its last part. */
  get tip(): HTMLElement {
    return this.#top.text.part;
  }

  get #top(): OpenElement {
    return this.#stack[this.#stack.length - 1] as OpenElement;
  }

  start(token: Token): void {
    if (token === Token.Document) return;
    const parent = this.#top;
    const tag = TOKEN_TAGS[token];
    if (tag === undefined || this.#stack.length > MAX_DEPTH) {
      this.#stack.push({ ...parent, token: Token.Document });
      return;
    }
    if (token === Token.Table_Cell && parent.lastCell && parent.cells >= MAX_COLUMNS) {
      this.#stack.push(parent.lastCell);
      this.text("|");
      return;
    }
    parent.text.flush();
    if (parent.text.isOverlong && !HOLDS_BLOCKS.has(parent.token)) parent.text.startPart();
    const element = parent.text.part.appendChild(make(tag));
    this.#elements++;
    if (element instanceof HTMLInputElement) Object.assign(element, { type: "checkbox", disabled: true });
    if (tag === "table") element.className = "lgs-table";
    const opened = openElement(element, token);
    this.#stack.push(opened);
    if (token === Token.Table_Cell) {
      parent.lastCell = opened;
      parent.cells++;
    }
    const mark = OPENING_MARKS[token];
    if (mark === undefined) return;
    opened.mark = element.appendChild(new Text(mark));
    opened.text.length = mark.length;
  }

  end(): void {
    const { token, hasUrl, text } = this.#top;
    const mark = CLOSING_MARKS[token];
    if (mark !== undefined && !hasUrl) this.text(mark);
    if (this.#stack.length === 1) return;
    this.#stack.pop();
    if (this.#top.text !== text) this.#top.text.length += text.length + 1;
  }

  text(text: string): void {
    this.#top.text.hold(text);
    this.#changed.add(this.#top.text);
  }

  /** Put all text on the page. */
  flush(): void {
    for (const changed of this.#changed) changed.flush();
    this.#changed.clear();
  }

  attribute(attribute: Attr, value: string): void {
    const { element } = this.#top;
    if (attribute === Attr.Href || attribute === Attr.Src) this.#link(value);
    else if (attribute === Attr.Start && /^\d{1,9}$/.test(value)) element.setAttribute("start", value);
    else if (attribute === Attr.Checked && element instanceof HTMLInputElement) element.checked = true;
  }

  #link(value: string): void {
    const top = this.#top;
    if (!(top.element instanceof HTMLAnchorElement)) return;
    const url = safeUrl(value);
    top.hasUrl = true;
    if (url === undefined) {
      this.text(`](${value})`); // as it was written
      return;
    }
    top.text.flush();
    top.mark?.remove();
    top.element.href = url;
    top.element.target = "_blank";
    top.element.rel = "noopener noreferrer nofollow";
    top.element.title = url;
    if (top.token !== Token.Raw_URL && top.element.textContent === "") top.element.append(url);
  }
}
