/** Creates and updates elements. Text reaches the page as text nodes only: this package never uses innerHTML. */

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

export function button(classes: string, label: string, onClick: () => void): HTMLButtonElement {
  const element = make("button", `lgs-button ${classes}`, label);
  element.type = "button";
  element.addEventListener("click", onClick);
  return element;
}

/** Set the text if it differs: painting the same again must not touch the page. */
export function setText(element: Element, text: string): void {
  const [node] = element.childNodes;
  if (element.childNodes.length === 1 && node instanceof Text) {
    if (node.data !== text) node.data = text;
  } else if (element.textContent !== text) element.textContent = text;
}

/** Set a line of facts, separated by dots; a fact is never broken across lines. */
export function setFacts(element: HTMLElement, facts: readonly string[]): void {
  if (element.textContent === facts.join(" · ")) return;
  element.replaceChildren(
    ...facts.flatMap((fact, at) => [at > 0 ? " · " : "", make("span", "lgs-fact", fact)]).filter(Boolean),
  );
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** With more children than this, the style sheet skips the layout of those that are out of sight. */
const MANY_CHILDREN = 40;

/** Make these the children of `parent`, in this order, moving only those that are out of place. */
export function arrange(parent: HTMLElement, children: readonly HTMLElement[]): void {
  parent.classList.toggle("lgs-long", children.length > MANY_CHILDREN);
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  while (next !== null) {
    const surplus = next;
    next = next.nextElementSibling;
    surplus.remove();
  }
}

export type Glyph = Status | "open" | "lost" | "again";

/** Path data on a 12 x 12 field; drawn as strokes, except for the glyphs in `FILLED_GLYPHS`. */
const GLYPH_PATHS: Record<Glyph, string> = {
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
const FILLED_GLYPHS: readonly Glyph[] = ["running", "stopped"];
export const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/** An icon in the colour of the text. It decorates a word, so it is hidden from screen readers. */
export function icon(glyph: Glyph): SVGSVGElement {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("class", `lgs-icon lgs-is-${glyph}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG_NAMESPACE, "path");
  path.setAttribute("d", GLYPH_PATHS[glyph]);
  path.setAttribute("class", FILLED_GLYPHS.includes(glyph) ? "lgs-filled" : "lgs-stroked");
  svg.append(path);
  return svg;
}

/** Show an icon in its slot, if it is not there already. */
export function setIcon(slot: HTMLElement, glyph: Glyph): void {
  if (slot.dataset["glyph"] === glyph) return;
  slot.dataset["glyph"] = glyph;
  slot.replaceChildren(icon(glyph));
}

/** Set the colour of a node as `--lgs-c`, which the style sheets use; undefined for the dim colour. */
export function setColor(element: HTMLElement | SVGElement, color: number | undefined): void {
  const value = color === undefined ? "var(--lgs-dim)" : `var(--lgs-n${color % NODE_COLORS})`;
  if (element.style.getPropertyValue("--lgs-c") !== value) element.style.setProperty("--lgs-c", value);
}

/** The number of node colours in the style sheet. */
const NODE_COLORS = 8;
