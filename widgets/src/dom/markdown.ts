/**
 * Renders Markdown that is still being written; elements are only ever appended to.
 *
 * The text comes from a model and is treated as hostile: only the elements of `markdownElements.ts` are created, a link
 * keeps its address only if it is http, https or mailto, and images are linked, never loaded. Raw HTML stays text. The
 * time for a text is in proportion to its length, whatever it is: what would take longer is shown as it is.
 */

import { type Parser, type Renderer, Token, parser, parser_end, parser_write } from "streaming-markdown";
import { make } from "./dom";
import { GrowingText, MarkLimiter } from "./growingText";
import { ElementBuilder } from "./markdownElements";

/** The parser reads undecided text again each time; beyond this the rest of the message is shown as it is. */
const MAX_PENDING_CHARS = 4096;
/** The parser goes through all elements that are open at the end of a line. */
const MAX_OPEN_ELEMENTS = 1000;

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
  readonly #marks = new MarkLimiter();
  /** Holds the rest of a message that is too much for the parser or the page. */
  #plain: GrowingText | undefined;
  #previous = "";
  #tip: HTMLElement | undefined;

  constructor(private readonly root: HTMLElement) {
    this.#builder = new ElementBuilder(root);
    this.#parser = parser(parserRenderer(this.#builder));
  }

  write(text: string): void {
    // In pieces, so that text that the parser cannot decide on is noticed in time.
    for (let at = 0; at < text.length; at += MAX_PENDING_CHARS)
      this.#writePiece(this.#marks.limit(text.slice(at, at + MAX_PENDING_CHARS)));
  }

  /** Write the text that the parser held back, and remove the caret. */
  end(): void {
    const { pending } = this.#parser;
    if (this.#plain === undefined) {
      if (pending.startsWith("](")) this.#builder.text(pending); // a link that was cut short
      parser_end(this.#parser);
      this.#builder.flush();
    }
    this.#showTip(undefined);
  }

  /** Mark the element that is being written to; the style sheet draws a caret at its end. */
  markTip(): void {
    let tip = this.#plain?.part ?? this.#builder.tip;
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
    this.#builder.flush();
    const { pending, len } = this.#parser;
    if (this.#builder.isFull || pending.length > MAX_PENDING_CHARS || len > MAX_OPEN_ELEMENTS) {
      this.#plain = new GrowingText(this.root.appendChild(make("div", "lgs-plain")));
      this.#plain.append(pending);
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
