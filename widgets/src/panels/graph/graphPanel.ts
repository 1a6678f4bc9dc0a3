/** The drawing of the graph with the run on it: status and visits of each node, and the edges taken. */

import { SVG_NAMESPACE, icon, make, setAttribute, setColor, setText } from "../../dom/dom";
import { formatCompact, formatNumber, formatCount } from "../../dom/format";
import { statusWord } from "../../dom/status";
import { type EdgeLine, type GraphLayout, type NodeBox, TITLE_HEIGHT, layoutGraph } from "../../model/graphLayout";
import { type GraphProgress, type NodeProgress, edgeKey, graphProgress } from "../../model/graphProgress";
import type { Changes } from "../../model/store";
import type { Shape, Status } from "../../protocol/rows";
import type { Panel, PanelContext } from "../panel";
import { arrowHead, linePath, lineLabel } from "./edgePath";

/** Subgraphs are open at first in graphs with at most this many nodes. */
const MAX_NODES_TO_OPEN = 24;

interface NodeElements {
  element: SVGGElement;
  box: NodeBox;
  glyph: SVGGElement;
  visits: SVGTextElement;
  status: Status | undefined;
}

interface EdgeElements {
  path: SVGPathElement;
  text: SVGTextElement;
  line: EdgeLine;
  /** The key of the edge in `GraphProgress.edges`. */
  key: string;
}

export class GraphPanel implements Panel {
  readonly element = make("div", "lgs-graph-scroller");
  readonly #svg = svg("svg", "lgs-graph");
  readonly #title = make("p", "lgs-unknown lgs-dim", "The shape of this graph is not known.");
  readonly #nodes = new Map<string, NodeElements>();
  readonly #edges: EdgeElements[] = [];
  /** Paths of the subgraphs that the reader opened or closed. */
  readonly #toggled = new Set<string>();
  #shape: Shape | undefined;
  /** Which shape is in the page: the toggled subgraphs, joined; undefined for none. */
  #drawn: string | undefined;
  #isStale = true;
  #progress: GraphProgress | undefined;
  /** The path of the one node that Tab reaches. */
  #tabStop = "";

  constructor(private readonly context: PanelContext) {
    this.#svg.setAttribute("role", "group");
    this.#svg.setAttribute("aria-label", "The graph; arrow keys move between its nodes");
    this.#svg.addEventListener("click", (event) => this.#onClick(event));
    this.#svg.addEventListener("keydown", (event) => this.#onKeyDown(event));
    this.element.append(this.#title, this.#svg);
  }

  paint(changes: Changes): void {
    if (changes.all || changes.ids.run.size + changes.ids.tree.size + changes.ids.task.size > 0) this.#isStale = true;
    if (!this.#isStale || this.element.hidden) return;
    this.#isStale = false;
    const shape = this.context.cursor.live.run.shape;
    this.#title.hidden = shape !== undefined;
    this.#svg.toggleAttribute("hidden", shape === undefined);
    if (shape === undefined) return;
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#drawn = undefined;
    }
    const hasFocus = this.#svg.contains(document.activeElement);
    const isRedrawn = this.#drawIfChanged(shape);
    const progress = (this.#progress = graphProgress(shape, this.context.cursor.tables));
    for (const [path, node] of this.#nodes) this.#paintNode(node, progress.nodes.get(path));
    for (const edge of this.#edges) paintEdge(edge, progress.edges.get(edge.key) ?? 0);
    if (isRedrawn && hasFocus) this.#nodes.get(this.#tabStop)?.element.focus({ preventScroll: true });
  }

  /** Show the panel again, and paint what has changed meanwhile. */
  show(): void {
    this.element.hidden = false;
    this.#isStale = true;
    this.context.cursor.notify();
  }

  /** Draw the graph again if the shape or the open subgraphs have changed. Returns true if so. */
  #drawIfChanged(shape: Shape): boolean {
    const toggled = [...this.#toggled].sort().join("\n");
    if (this.#drawn === toggled) return false;
    this.#drawn = toggled;
    const opensAll = countNodes(shape) <= MAX_NODES_TO_OPEN;
    const layout = layoutGraph(shape, (path) => opensAll !== this.#toggled.has(path));
    this.#svg.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    this.#svg.style.setProperty("--lgs-wide", `${layout.width}px`);
    this.#draw(layout);
    return true;
  }

  #draw(layout: GraphLayout): void {
    this.#nodes.clear();
    this.#edges.length = 0;
    const layers = { open: svg("g", ""), edges: svg("g", ""), nodes: svg("g", "") };
    this.#drawLevel(layout, [0, 0], layers);
    if (!this.#nodes.has(this.#tabStop)) this.#tabStop = this.#nodes.keys().next().value ?? "";
    this.#svg.replaceChildren(layers.open, layers.edges, layers.nodes);
  }

  /** Draw one graph with its top left corner at `origin`, and the open subgraphs in it. */
  #drawLevel(
    { path, boxes, lines }: GraphLayout,
    [left, top]: readonly [number, number],
    layers: Record<"open" | "edges" | "nodes", SVGGElement>,
  ): void {
    for (const box of boxes) {
      const x = left + box.x - box.width / 2;
      const y = top + box.y;
      const element = box.kind === "terminal" ? terminalElement(box) : this.#createNode(box);
      element.setAttribute("transform", `translate(${x} ${y})`);
      layers[box.kind === "open" ? "open" : "nodes"].append(element);
      if (box.inner) this.#drawLevel(box.inner, [x + (box.width - box.inner.width) / 2, y + TITLE_HEIGHT], layers);
    }
    for (const line of lines) {
      const edge = edgeElements(line, edgeKey(path, line.source, line.target));
      for (const element of [edge.path, edge.text]) element.setAttribute("transform", `translate(${left} ${top})`);
      this.#edges.push(edge);
      layers.edges.append(edge.path, edge.text);
    }
  }

  #createNode(box: NodeBox): SVGGElement {
    const { width, kind } = box;
    const height = box.height;
    const element = svg("g", "lgs-node");
    element.dataset["path"] = box.path;
    element.setAttribute("role", "button");
    const frame = svg("rect", "lgs-frame");
    setAttributes(frame, { width, height, rx: 5 });
    const key = svg("rect", "lgs-node-key");
    setAttributes(key, { x: 0.5, y: 0.5, width: 4, height: height - 1, rx: 2 });
    const glyph = svg("g", "lgs-node-glyph");
    glyph.setAttribute("transform", "translate(11 8)");
    const name = svg("text", "lgs-node-name");
    setAttributes(name, { x: 29, y: 18 });
    name.textContent = box.label;
    const visits = svg("text", "lgs-node-visits");
    setAttributes(visits, { x: width - (kind === "node" ? 6 : 22), y: 18, "text-anchor": "end" });
    for (const text of [name, visits]) text.setAttribute("aria-hidden", "true"); // the element's label says the same
    element.append(frame, key, glyph, name, visits);
    if (kind !== "node") {
      const twisty = svg("g", `lgs-node-twisty${kind === "open" ? " lgs-turned" : ""}`);
      twisty.setAttribute("transform", `translate(${width - 19} 8)${kind === "open" ? " rotate(90 6 6)" : ""}`);
      const hitArea = svg("rect", "lgs-hit");
      setAttributes(hitArea, { x: -6, y: -6, width: 24, height: 24 });
      twisty.append(hitArea, sizedIcon("open"));
      element.append(twisty);
    }
    this.#nodes.set(box.path, { element, box, glyph, visits, status: undefined });
    return element;
  }

  #paintNode(node: NodeElements, progress: NodeProgress | undefined): void {
    const { selection } = this.context;
    const { element, box, glyph, visits } = node;
    const status = progress?.status ?? "pending";
    if (node.status !== status) {
      glyph.replaceChildren(sizedIcon(status));
      node.status = status;
    }
    const rows = progress?.rows ?? [];
    const faint = rows.length > 0 && !rows.some((id) => selection.listsRow(id)) ? " lgs-faint" : "";
    const compound = box.kind === "open" ? " lgs-compound" : "";
    setAttribute(element, "class", `lgs-node lgs-is-${status}${compound}${faint}`);
    setColor(element, status === "pending" ? undefined : progress?.color);
    const visitCount = progress?.visits ?? 0;
    setText(visits, visitCount > 1 ? `×${formatCompact(visitCount)}` : "");
    setAttribute(element, "aria-pressed", String(rows.some((id) => selection.isSelected(id))));
    setAttribute(element, "tabindex", box.path === this.#tabStop ? "0" : "-1");
    const facts = [box.name, statusWord(status)];
    if (visitCount > 1) facts.push(formatCount(visitCount, "visit"));
    if (box.kind !== "node") facts.push("subgraph", box.kind);
    setAttribute(element, "aria-label", facts.join(", "));
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const path = target.closest<SVGGElement>(".lgs-node")?.dataset["path"];
    if (path === undefined) return;
    this.#moveTo(path);
    if (target.closest(".lgs-node-twisty") !== null) this.#toggle(path);
    else this.#select(path);
  }

  #select(path: string): void {
    const [first, ...others] = this.#progress?.nodes.get(path)?.rows ?? [];
    if (first !== undefined) this.context.selection.selectRow(first, others);
  }

  #onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const paths = [...this.#nodes.keys()];
    const index = paths.indexOf(this.#tabStop);
    const kind = this.#nodes.get(this.#tabStop)?.box.kind;
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.#moveTo(paths[index + 1]),
      ArrowUp: () => this.#moveTo(paths[index - 1]),
      Home: () => this.#moveTo(paths[0]),
      End: () => this.#moveTo(paths.at(-1)),
      ArrowRight: () => kind === "closed" && this.#toggle(this.#tabStop),
      ArrowLeft: () => kind === "open" && this.#toggle(this.#tabStop),
      Enter: () => this.#select(this.#tabStop),
      " ": () => this.#select(this.#tabStop),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  #moveTo(path: string | undefined): void {
    if (path === undefined) return;
    this.#nodes.get(this.#tabStop)?.element.setAttribute("tabindex", "-1");
    this.#tabStop = path;
    const element = this.#nodes.get(path)?.element;
    element?.setAttribute("tabindex", "0");
    element?.focus({ preventScroll: true });
    element?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }

  #toggle(path: string): void {
    if (!this.#toggled.delete(path)) this.#toggled.add(path);
    this.#isStale = true;
    this.context.cursor.notify();
  }
}

function countNodes({ nodes }: Shape): number {
  return nodes.reduce((sum, { graph }) => sum + 1 + (graph ? countNodes(graph) : 0), 0);
}

function terminalElement({ width, height, label }: NodeBox): SVGGElement {
  const element = svg("g", "lgs-end");
  const frame = svg("rect", "lgs-frame");
  setAttributes(frame, { width, height, rx: height / 2 });
  const text = svg("text", "lgs-end-name");
  setAttributes(text, { x: width / 2, y: height / 2 + 4, "text-anchor": "middle" });
  text.textContent = label;
  element.append(frame, text);
  return element;
}

function edgeElements(line: EdgeLine, key: string): EdgeElements {
  const path = svg("path", "lgs-edge");
  path.setAttribute("d", `${linePath(line)}${arrowHead(line)}`);
  const text = svg("text", "lgs-edge-label");
  const { x, y, anchor } = lineLabel(line);
  setAttributes(text, { x, y: y + 4, "text-anchor": anchor });
  return { path, text, line, key };
}

function paintEdge({ path, text, line }: EdgeElements, timesTaken: number): void {
  const taken = timesTaken > 0 ? " lgs-taken" : "";
  setAttribute(path, "class", `lgs-edge${line.conditional ? " lgs-conditional" : ""}${taken}`);
  setAttribute(text, "class", `lgs-edge-label${taken}`);
  setText(text, [line.label, timesTaken > 1 ? `×${formatNumber(timesTaken)}` : ""].filter(Boolean).join(" "));
}

function sizedIcon(glyph: Status | "open"): SVGSVGElement {
  const element = icon(glyph);
  setAttributes(element, { width: 12, height: 12 });
  return element;
}

function svg<K extends keyof SVGElementTagNameMap>(tag: K, classes: string): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG_NAMESPACE, tag);
  if (classes !== "") element.setAttribute("class", classes);
  return element;
}

function setAttributes(element: Element, attributes: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
