/**
 * Renders Markdown that is still being written; elements are only ever appended to.
 *
 * The text comes from a model and is treated as hostile: only the elements below are created, a link keeps its address
 * only if it is http, https or mailto, and images are linked, never loaded. Raw HTML stays text.
 */

import { Attr, type Parser, type Renderer, Token, parser, parser_end, parser_write } from "streaming-markdown";
import { make } from "./dom";

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

const SAFE_URL = /^(https?:\/\/|mailto:)/i;
/** Elements are not nested deeper than this: ten thousand nested quotes would break the page. */
const MAX_DEPTH = 20;
/** Characters after which a new text node is started, so that appending stays cheap. */
const TEXT_NODE_CHARS = 2048;
/** Characters after which a block continues in a further part: each addition lays out the whole part again. */
const PART_CHARS = 8192;
/** Where a part may end: in prose after a word, which leaves a short line; in code at the end of a line. */
const PART_ENDS: Partial<Record<Token, RegExp>> = {
  [Token.Paragraph]: /[\s、。]/,
  [Token.Code_Block]: /\n/,
  [Token.Code_Fence]: /\n/,
};
/** The parser reads undecided text again each time; beyond this the rest of the message is shown as it is. */
const MAX_PENDING_CHARS = 4096;

export function safeUrl(url: string): string | undefined {
  const trimmed = url.trim();
  return SAFE_URL.test(trimmed) ? trimmed : undefined;
}

interface OpenElement {
  element: HTMLElement;
  token: Token;
  /** The part of `element` that is written to, and its length in characters. */
  part: HTMLElement;
  length: number;
  /** The text node with the opening mark, to be removed once an address arrives. */
  mark: Text | undefined;
  /** True once an address arrived, valid or not. */
  hasUrl: boolean;
}

function openElement(element: HTMLElement, token: Token): OpenElement {
  return { element, token, part: element, length: 0, mark: undefined, hasUrl: false };
}

/** Builds the elements of one message as the parser opens and closes them. */
class ElementBuilder {
  readonly #stack: OpenElement[];

  constructor(root: HTMLElement) {
    this.#stack = [openElement(root, Token.Document)];
  }

  get top(): OpenElement {
    return this.#stack[this.#stack.length - 1] as OpenElement;
  }

  start(token: Token): void {
    if (token === Token.Document) return;
    const parent = this.top.part;
    const tag = TOKEN_TAGS[token];
    if (tag === undefined || this.#stack.length > MAX_DEPTH) {
      this.#stack.push(openElement(parent, Token.Document));
      return;
    }
    const element = make(tag);
    if (element instanceof HTMLInputElement) Object.assign(element, { type: "checkbox", disabled: true });
    if (tag === "table") element.className = "lgs-table";
    parent.append(element);
    this.#stack.push(openElement(element, token));
    const mark = OPENING_MARKS[token];
    if (mark !== undefined) {
      this.top.mark = new Text(mark);
      element.append(this.top.mark);
    }
  }

  end(): void {
    const { element, token, hasUrl, length } = this.top;
    const mark = CLOSING_MARKS[token];
    if (mark !== undefined && !hasUrl) element.append(mark);
    if (this.#stack.length === 1) return;
    this.#stack.pop();
    this.top.length += length;
  }

  text(text: string): void {
    const { top } = this;
    const end = top.length < PART_CHARS ? -1 : text.search(PART_ENDS[top.token] ?? /$^/);
    this.#append(text.slice(0, end + 1));
    if (end >= 0) {
      top.part = top.element.appendChild(make("span", "lgs-part"));
      top.length = 0;
    }
    this.#append(text.slice(end + 1));
  }

  #append(text: string): void {
    if (text === "") return;
    const { part, mark } = this.top;
    this.top.length += text.length;
    const last = part.lastChild;
    if (last instanceof Text && last !== mark && last.length < TEXT_NODE_CHARS) last.appendData(text);
    else part.append(text);
  }

  attribute(attribute: Attr, value: string): void {
    const { top } = this;
    if (attribute === Attr.Href || attribute === Attr.Src) this.#link(value);
    else if (attribute === Attr.Start && /^\d{1,9}$/.test(value)) top.element.setAttribute("start", value);
    else if (attribute === Attr.Checked && top.element instanceof HTMLInputElement) top.element.checked = true;
  }

  #link(value: string): void {
    const { top } = this;
    if (!(top.element instanceof HTMLAnchorElement)) return;
    const url = safeUrl(value);
    top.hasUrl = true;
    if (url === undefined) {
      top.element.append(`](${value})`); // as it was written
      return;
    }
    top.mark?.remove();
    top.element.href = url;
    top.element.target = "_blank";
    top.element.rel = "noopener noreferrer nofollow";
    top.element.title = url;
    if (top.token !== Token.Raw_URL && top.element.textContent === "") top.element.append(url);
  }
}

const parserRenderer = (builder: ElementBuilder): Renderer<ElementBuilder> => ({
  data: builder,
  add_token: (data, token) => data.start(token),
  end_token: (data) => data.end(),
  add_text: (data, text) => data.text(text),
  set_attr: (data, attribute, value) => data.attribute(attribute, value),
});

/** One message that is being written: call `write` with each new piece of text, and `end` once. */
export class MarkdownStream {
  readonly #builder: ElementBuilder;
  readonly #parser: Parser;
  /** Holds the rest of a message that the parser could not decide on. */
  #plain: HTMLElement | undefined;
  #previous = "";
  #tip: HTMLElement | undefined;

  constructor(private readonly root: HTMLElement) {
    this.#builder = new ElementBuilder(root);
    this.#parser = parser(parserRenderer(this.#builder));
  }

  write(text: string): void {
    // In pieces, so that text that the parser cannot decide on is noticed in time.
    for (let at = 0; at < text.length; at += MAX_PENDING_CHARS)
      this.#writePiece(text.slice(at, at + MAX_PENDING_CHARS));
  }

  /** Write the text that the parser held back, and remove the caret. */
  end(): void {
    const { pending } = this.#parser;
    if (this.#plain === undefined) {
      if (pending.startsWith("](")) this.#builder.text(pending); // a link that was cut short
      parser_end(this.#parser);
    }
    this.#showTip(undefined);
  }

  /** Mark the element that is being written to; the style sheet draws a caret at its end. */
  markTip(): void {
    let tip = this.#plain ?? this.#builder.top.part;
    if (tip === this.root) tip = (this.root.lastElementChild as HTMLElement | null) ?? this.root;
    this.#showTip(/^(TABLE|TR|UL|OL|HR|BR|INPUT)$/.test(tip.tagName) ? this.root : tip);
  }

  #showTip(tip: HTMLElement | undefined): void {
    if (tip === this.#tip) return;
    this.#tip?.classList.remove("lgs-tip");
    tip?.classList.add("lgs-tip");
    this.#tip = tip;
  }

  #writePiece(text: string): void {
    if (this.#plain !== undefined) {
      this.#plain.append(text);
      return;
    }
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      if (this.#isLiteral(text[at] as string, at > 0 ? (text[at - 1] as string) : this.#previous)) {
        this.#parse(text.slice(from, at));
        if (!this.#isRaw()) this.#parse("\\");
        from = at;
      }
    }
    this.#parse(text.slice(from));
    this.#previous = text.at(-1) ?? this.#previous;
    if (this.#parser.pending.length > MAX_PENDING_CHARS) {
      this.#plain = make("div", "lgs-plain", this.#parser.pending);
      this.root.append(this.#plain);
    }
  }

  /** True for characters that the parser would take for marks but readers would not: `$5`, the `_` in `snake_case`. */
  #isLiteral(character: string, before: string): boolean {
    return character === "$" || (character === "_" && /[\p{L}\p{N}_]/u.test(before));
  }

  /** True where the parser would show a backslash: in code, in an address, after another backslash. */
  #isRaw(): boolean {
    const { pending, tokens, len } = this.#parser;
    const inside = tokens[len];
    return (
      inside === Token.Code_Fence ||
      inside === Token.Code_Block ||
      inside === Token.Code_Inline ||
      inside === Token.Raw_URL ||
      inside === Token.Italic_Und ||
      inside === Token.Strong_Und ||
      /^[\\`]|^\]\(/.test(pending)
    );
  }

  #parse(text: string): void {
    if (text !== "") parser_write(this.#parser, text);
  }
}
