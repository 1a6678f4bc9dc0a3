/**
 * Markdown that is still being written, into the page, append only.
 *
 * The text is a model's, so it is hostile: only the elements below are ever made, a link keeps its address only if it
 * is http, https or mailto, and images are never loaded, only linked. Raw HTML stays text.
 */

import { Attr, type Parser, type Renderer, Token, parser, parser_end, parser_write } from "streaming-markdown";
import { make } from "./dom";

const TAGS: Partial<Record<Token, keyof HTMLElementTagNameMap>> = {
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

/** What stands around text that turned out not to be a link, and around formulas, which we show as written. */
const OPENS: Partial<Record<Token, string>> = {
  [Token.Link]: "[",
  [Token.Image]: "![",
  [Token.Equation_Block]: "\\[",
  [Token.Equation_Inline]: "\\(",
};
const CLOSES: Partial<Record<Token, string>> = {
  [Token.Link]: "]",
  [Token.Image]: "]",
  [Token.Equation_Block]: "\\]",
  [Token.Equation_Inline]: "\\)",
};

const SAFE_URL = /^(https?:\/\/|mailto:)/i;
/** Elements deeper than this are not nested further: no page survives ten thousand nested quotes. */
const MAX_DEPTH = 20;
/** A text node is closed at this length, so that appending to it stays cheap. */
const TEXT_NODE = 2048;
/** Every addition costs the length of its block, which is laid out anew: a longer one goes on in a further part. */
const PART = 8192;
/** Where a part may end: one of prose after a word, which leaves a short line, one of code with its line. */
const ENDS: Partial<Record<Token, RegExp>> = {
  [Token.Paragraph]: /[\s、。]/,
  [Token.Code_Block]: /\n/,
  [Token.Code_Fence]: /\n/,
};
/** The parser re-reads what it has not yet decided on; beyond this the rest of the message is shown as it is. */
const MAX_PENDING = 4096;

export function safeUrl(url: string): string | undefined {
  const trimmed = url.trim();
  return SAFE_URL.test(trimmed) ? trimmed : undefined;
}

interface Open {
  element: HTMLElement;
  token: Token;
  /** The part of `element` that is written to, and its characters. */
  part: HTMLElement;
  length: number;
  /** The text node with the opening mark, to be dropped once an address comes. */
  mark: Text | undefined;
  /** Whether an address came, good or bad. */
  url: boolean;
}

function opened(element: HTMLElement, token: Token): Open {
  return { element, token, part: element, length: 0, mark: undefined, url: false };
}

/** The elements of one message, as the parser opens and closes them. */
class Page {
  readonly open: Open[];

  constructor(root: HTMLElement) {
    this.open = [opened(root, Token.Document)];
  }

  get top(): Open {
    return this.open[this.open.length - 1] as Open;
  }

  start(token: Token): void {
    if (token === Token.Document) return;
    const parent = this.top.part;
    const tag = TAGS[token];
    if (tag === undefined || this.open.length > MAX_DEPTH) {
      this.open.push(opened(parent, Token.Document));
      return;
    }
    const element = make(tag);
    if (element instanceof HTMLInputElement) Object.assign(element, { type: "checkbox", disabled: true });
    if (tag === "table") element.className = "lgs-table";
    parent.append(element);
    this.open.push(opened(element, token));
    const opens = OPENS[token];
    if (opens !== undefined) {
      this.top.mark = new Text(opens);
      element.append(this.top.mark);
    }
  }

  end(): void {
    const { element, token, url, length } = this.top;
    const closes = CLOSES[token];
    if (closes !== undefined && !url) element.append(closes);
    if (this.open.length === 1) return;
    this.open.pop();
    this.top.length += length;
  }

  text(text: string): void {
    const { top } = this;
    const end = top.length < PART ? -1 : text.search(ENDS[top.token] ?? /$^/);
    this.append(text.slice(0, end + 1));
    if (end >= 0) {
      top.part = top.element.appendChild(make("span", "lgs-part"));
      top.length = 0;
    }
    this.append(text.slice(end + 1));
  }

  private append(text: string): void {
    if (text === "") return;
    const { part, mark } = this.top;
    this.top.length += text.length;
    const last = part.lastChild;
    if (last instanceof Text && last !== mark && last.length < TEXT_NODE) last.appendData(text);
    else part.append(text);
  }

  attribute(attribute: Attr, value: string): void {
    const { top } = this;
    if (attribute === Attr.Href || attribute === Attr.Src) this.link(value);
    else if (attribute === Attr.Start && /^\d{1,9}$/.test(value)) top.element.setAttribute("start", value);
    else if (attribute === Attr.Checked && top.element instanceof HTMLInputElement) top.element.checked = true;
  }

  private link(value: string): void {
    const { top } = this;
    if (!(top.element instanceof HTMLAnchorElement)) return;
    const url = safeUrl(value);
    top.url = true;
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

const renderer = (page: Page): Renderer<Page> => ({
  data: page,
  add_token: (data, token) => data.start(token),
  end_token: (data) => data.end(),
  add_text: (data, text) => data.text(text),
  set_attr: (data, attribute, value) => data.attribute(attribute, value),
});

export class MarkdownStream {
  private readonly page: Page;
  private readonly parser: Parser;
  private plain: HTMLElement | undefined;
  private previous = "";
  private tip: HTMLElement | undefined;

  constructor(private readonly root: HTMLElement) {
    this.page = new Page(root);
    this.parser = parser(renderer(this.page));
  }

  write(text: string): void {
    // In pieces, so that text the parser does not come to terms with is noticed in time.
    for (let at = 0; at < text.length; at += MAX_PENDING) this.writePiece(text.slice(at, at + MAX_PENDING));
  }

  /** Write out what was held back, and take the caret away. */
  end(): void {
    const { pending } = this.parser;
    if (this.plain === undefined) {
      if (pending.startsWith("](")) this.page.text(pending); // a link cut short
      parser_end(this.parser);
    }
    this.showTip(undefined);
  }

  /** Mark the element that is being written to, for the style sheet to draw a caret at its end. */
  markTip(): void {
    let tip = this.plain ?? this.page.top.part;
    if (tip === this.root) tip = (this.root.lastElementChild as HTMLElement | null) ?? this.root;
    this.showTip(/^(TABLE|TR|UL|OL|HR|BR|INPUT)$/.test(tip.tagName) ? this.root : tip);
  }

  private showTip(tip: HTMLElement | undefined): void {
    if (tip === this.tip) return;
    this.tip?.classList.remove("lgs-tip");
    tip?.classList.add("lgs-tip");
    this.tip = tip;
  }

  private writePiece(text: string): void {
    if (this.plain !== undefined) {
      this.plain.append(text);
      return;
    }
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      if (this.literal(text[at] as string, at > 0 ? (text[at - 1] as string) : this.previous)) {
        this.parse(text.slice(from, at));
        if (!this.raw()) this.parse("\\");
        from = at;
      }
    }
    this.parse(text.slice(from));
    this.previous = text.at(-1) ?? this.previous;
    if (this.parser.pending.length > MAX_PENDING) {
      this.plain = make("div", "lgs-plain", this.parser.pending);
      this.root.append(this.plain);
    }
  }

  /** Characters the parser would take for marks where readers do not: `$5`, and the `_` in `snake_case`. */
  private literal(character: string, before: string): boolean {
    return character === "$" || (character === "_" && /[\p{L}\p{N}_]/u.test(before));
  }

  /** Whether the parser is where a backslash would be shown: in code, in an address, after another backslash. */
  private raw(): boolean {
    const { pending, tokens, len } = this.parser;
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

  private parse(text: string): void {
    if (text !== "") parser_write(this.parser, text);
  }
}
