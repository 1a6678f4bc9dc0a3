/** Elements without a framework. Text reaches the page as text nodes only: there is no innerHTML in this package. */

import type { Status } from "../protocol/rows";

type Child = Node | string;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  classes = "",
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (classes !== "") element.className = classes;
  element.append(...children);
  return element;
}

export function button(classes: string, label: string, press: () => void): HTMLButtonElement {
  const element = make("button", `lgs-button ${classes}`, label);
  element.type = "button";
  element.addEventListener("click", press);
  return element;
}

/** Set the text only where it differs: a repaint that changes nothing must touch nothing. */
export function setText(element: Element, text: string): void {
  const [node] = element.childNodes;
  if (element.childNodes.length === 1 && node instanceof Text) {
    if (node.data !== text) node.data = text;
  } else if (element.textContent !== text) element.textContent = text;
}

/** Set a line of facts, none of which is broken over two lines. */
export function setFacts(element: HTMLElement, facts: readonly string[]): void {
  if (element.textContent === facts.join(" · ")) return;
  element.replaceChildren(
    ...facts.flatMap((fact, at) => [at > 0 ? " · " : "", make("span", "lgs-fact", fact)]).filter(Boolean),
  );
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** With more children than these, the style sheet may leave those out of sight unlaid. */
const LONG = 40;

/** Bring the children of `parent` into this order, moving only what is out of place. */
export function arrange(parent: HTMLElement, children: readonly HTMLElement[]): void {
  parent.classList.toggle("lgs-long", children.length > LONG);
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  while (next !== null) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
}

export type Glyph = Status | "open" | "lost" | "again";

/** Drawn on a 12 x 12 field; strokes, but for those in `FILLED`. */
const PATHS: Record<Glyph, string> = {
  pending: "M6 2.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 1 0 0-7.6Z",
  running: "M6 2a4 4 0 1 0 0 8a4 4 0 1 0 0-8Z",
  waiting: "M4.2 2.5v7M7.8 2.5v7",
  done: "M2 6.4 4.8 9.2 10 3",
  failed: "M2.8 2.8 9.2 9.2M9.2 2.8 2.8 9.2",
  stopped: "M2.6 2.6h6.8v6.8H2.6Z",
  open: "M4.2 2.6 8 6 4.2 9.4",
  again: "M9.6 4.4A4 4 0 1 0 10 6.6M9.9 1.9V4.6H7.2",
  lost: "M2 6h8M6 2.2a3.8 3.8 0 1 0 0 7.6a3.8 3.8 0 1 0 0-7.6Z",
};
const FILLED: readonly Glyph[] = ["running", "stopped"];
const SVG = "http://www.w3.org/2000/svg";

/** A small drawing in the colour of the text; decoration beside a word, so hidden from screen readers. */
export function icon(glyph: Glyph): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("class", `lgs-icon lgs-is-${glyph}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[glyph]);
  path.setAttribute("class", FILLED.includes(glyph) ? "lgs-filled" : "lgs-stroked");
  svg.append(path);
  return svg;
}

/** Put the icon into its slot, if another one is there. */
export function setIcon(slot: HTMLElement, glyph: Glyph): void {
  if (slot.dataset["glyph"] === glyph) return;
  slot.dataset["glyph"] = glyph;
  slot.replaceChildren(icon(glyph));
}

/** The colour of a node, as `--lgs-c` for the element's own style sheet rules. */
export function setColor(element: HTMLElement | SVGElement, color: number | undefined): void {
  const value = color === undefined ? "var(--lgs-dim)" : `var(--lgs-n${color % COLORS})`;
  if (element.style.getPropertyValue("--lgs-c") !== value) element.style.setProperty("--lgs-c", value);
}

export const COLORS = 8;
