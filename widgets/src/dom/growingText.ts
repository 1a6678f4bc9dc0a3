/** Text that grows at its end, at a cost of layout that does not grow with it. */

import { make } from "./dom";

/** Characters after which a new text node is started, so that appending stays cheap. */
const TEXT_NODE_CHARS = 2048;
/** Characters after which the text continues in a further part: each addition lays out the whole part again. */
const PART_CHARS = 8192;
/** Characters after which a part ends even in the middle of a word. */
const MAX_PART_CHARS = 2 * PART_CHARS;
/** Combining marks that one character is shown with. Thousands take a browser seconds, and nobody can read them. */
const TOO_MANY_MARKS = /(\p{M}{32})\p{M}+/gu;
const LAST_MARKS = /\p{M}{0,32}$/u;
const MAYBE_MARK = /[\u0300-\uffff]/;

/** Where a part may end: after a word, which leaves a short line; in code at the end of a line. */
export const AFTER_WORD = /[\s、。]/;
export const AFTER_LINE = /\n/;

export class GrowingText {
  /** The part that is written to. */
  part: HTMLElement;
  /** Characters of the part, with those of its elements and those held back. */
  length = 0;
  #held = "";
  #lastNode: Text | undefined;

  constructor(
    readonly element: HTMLElement,
    private readonly partEnd: RegExp = AFTER_WORD,
  ) {
    this.part = element;
  }

  append(text: string): void {
    this.hold(text);
    this.flush();
  }

  /** Append `text` with the next `flush`. */
  hold(text: string): void {
    this.#held += text;
    this.length += text.length;
  }

  flush(): void {
    let rest = this.#held;
    this.#held = "";
    this.length -= rest.length;
    while (this.length + rest.length > PART_CHARS) {
      const room = Math.max(MAX_PART_CHARS - this.length, 0);
      const from = Math.max(PART_CHARS - this.length, 0);
      const found = rest.slice(from, room).search(this.partEnd);
      if (found < 0 && rest.length < room) break;
      const end = found < 0 ? endOfCharacter(rest, room) : from + found + 1;
      this.#write(rest.slice(0, end));
      this.startPart();
      rest = rest.slice(end);
    }
    this.#write(rest);
  }

  /** True if what follows should be in a further part, although the text has no place for its end. */
  get isOverlong(): boolean {
    return this.length >= MAX_PART_CHARS;
  }

  startPart(): void {
    this.part = this.element.appendChild(make("span", "lgs-part"));
    this.length = 0;
  }

  #write(text: string): void {
    if (text === "") return;
    this.length += text.length;
    const last = this.#lastNode;
    if (last !== undefined && last === this.part.lastChild && last.length < TEXT_NODE_CHARS) last.appendData(text);
    else this.#lastNode = this.part.appendChild(new Text(text));
  }
}

/** Leaves out combining marks that are too many on one character; one object for each text that grows. */
export class MarkLimiter {
  /** The marks that the text so far ends with. */
  #last = "";

  limit(text: string): string {
    if (!MAYBE_MARK.test(text)) {
      this.#last = "";
      return text;
    }
    const limited = (this.#last + text).replace(TOO_MANY_MARKS, "$1");
    const addition = limited.slice(this.#last.length);
    this.#last = LAST_MARKS.exec(limited)?.[0] ?? "";
    return addition;
  }
}

/** An index near `index` that is not in the middle of a surrogate pair. */
function endOfCharacter(text: string, index: number): number {
  return (text.charCodeAt(index) & 0xfc00) === 0xdc00 ? index + 1 : index;
}
