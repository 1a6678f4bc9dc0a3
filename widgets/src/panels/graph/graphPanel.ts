/** The graph's drawing with the run on it: status and visits of each node, the edges taken. */

import { icon, make, setAttribute, setColor, setText } from "../../dom/dom";
import { compactCount, count, plural } from "../../dom/format";
import { type Drawing, type Line, type Part, draw } from "./graphLayout";
import { type GraphProgress, type NodeProgress, graphProgress } from "../../model/graphProgress";
import type { Shape, Status } from "../../protocol/rows";
import type { Panel, PanelContext } from "../panel";
import { statusWord } from "../../dom/status";
import type { Changes } from "../../model/store";

const SVG = "http://www.w3.org/2000/svg";
const EDGE = 10;
/** Nodes up to which subgraphs are open at first. */
const FEW = 24;

interface Node {
  element: SVGGElement;
  part: Part;
  glyph: SVGGElement;
  visits: SVGTextElement;
  status: Status | undefined;
}

interface Edge {
  path: SVGPathElement;
  text: SVGTextElement;
  line: Line;
}

export class GraphPanel implements Panel {
  readonly element = make("div", "lgs-graph-scroller");
  private readonly svg = svg("svg", "lgs-graph");
  private readonly title = make("p", "lgs-unknown lgs-dim", "The shape of this graph is not known.");
  private readonly nodes = new Map<string, Node>();
  private readonly edges: Edge[] = [];
  private readonly toggled = new Set<string>();
  private shape: Shape | undefined;
  private drawn = "";
  private dirty = true;
  private taken: GraphProgress | undefined;
  private cursor = "";

  constructor(private readonly context: PanelContext) {
    this.svg.setAttribute("role", "group");
    this.svg.setAttribute("aria-label", "The graph; arrow keys move between its nodes");
    this.svg.addEventListener("click", (event) => this.click(event));
    this.svg.addEventListener("keydown", (event) => this.press(event));
    this.element.append(this.title, this.svg);
  }

  paint(changes: Changes): void {
    if (changes.all || changes.ids.run.size + changes.ids.tree.size + changes.ids.task.size > 0) this.dirty = true;
    if (!this.dirty || this.element.hidden) return;
    this.dirty = false;
    const shape = this.context.cursor.live.run.shape;
    this.title.hidden = shape !== undefined;
    this.svg.toggleAttribute("hidden", shape === undefined);
    if (shape === undefined) return;
    if (shape !== this.shape) {
      this.shape = shape;
      this.drawn = "";
    }
    const focused = this.svg.contains(document.activeElement);
    const built = this.layout(shape);
    this.taken = graphProgress(shape, this.context.cursor.tables);
    for (const [path, node] of this.nodes) this.paintNode(node, this.taken.nodes.get(path));
    for (const one of this.edges) paintEdge(one, this.taken.edges.get(one.line.key) ?? 0);
    if (built && focused) this.nodes.get(this.cursor)?.element.focus({ preventScroll: true });
  }

  /** Shown again: what changed meanwhile is painted. */
  show(): void {
    this.element.hidden = false;
    this.dirty = true;
    this.context.cursor.notify();
  }

  /** Draw anew where the shape, or what is open of it, is another. */
  private layout(shape: Shape): boolean {
    const key = [...this.toggled].sort().join("\n");
    if (this.drawn === `drawn ${key}`) return false;
    this.drawn = `drawn ${key}`;
    const few = size(shape) <= FEW;
    const drawing = draw(shape, (path) => few !== this.toggled.has(path));
    const [width, height] = [drawing.width + 2 * EDGE, drawing.height + 2 * EDGE];
    this.svg.setAttribute("viewBox", `${-EDGE} ${-EDGE} ${width} ${height}`);
    this.svg.style.setProperty("--lgs-wide", `${width}px`);
    this.build(drawing);
    return true;
  }

  private build({ parts, lines }: Drawing): void {
    this.nodes.clear();
    this.edges.length = 0;
    const under = svg("g", "");
    const over = svg("g", "");
    for (const part of parts) {
      if (part.kind === "end") over.append(end(part));
      else {
        const node = this.node(part);
        this.nodes.set(part.path, node);
        (part.kind === "open" ? under : over).append(node.element);
      }
    }
    const between = svg("g", "");
    for (const line of lines) {
      const one = edgeOf(line);
      this.edges.push(one);
      between.append(one.path, one.text);
    }
    if (!this.nodes.has(this.cursor)) this.cursor = this.nodes.keys().next().value ?? "";
    this.svg.replaceChildren(under, between, over);
  }

  private node(part: Part): Node {
    const element = svg("g", "lgs-node");
    element.dataset["path"] = part.path;
    element.setAttribute("transform", `translate(${part.x} ${part.y})`);
    element.setAttribute("role", "button");
    const frame = svg("rect", "lgs-frame");
    put(frame, { width: part.width, height: part.height, rx: 5 });
    const key = svg("rect", "lgs-node-key");
    put(key, { x: 0.5, y: 0.5, width: 4, height: part.height - 1, rx: 2 });
    const glyph = svg("g", "lgs-node-glyph");
    glyph.setAttribute("transform", "translate(11 8)");
    const name = svg("text", "lgs-node-name");
    put(name, { x: 29, y: 18 });
    name.textContent = clipName(part);
    const visits = svg("text", "lgs-node-visits");
    put(visits, { x: part.width - (part.kind === "node" ? 8 : 24), y: 18, "text-anchor": "end" });
    for (const text of [name, visits]) text.setAttribute("aria-hidden", "true"); // the label says it in words
    element.append(frame, key, glyph, name, visits);
    if (part.kind !== "node") {
      const twisty = svg("g", `lgs-node-twisty${part.kind === "open" ? " lgs-turned" : ""}`);
      twisty.setAttribute(
        "transform",
        `translate(${part.width - 19} 8)${part.kind === "open" ? " rotate(90 6 6)" : ""}`,
      );
      const hit = svg("rect", "lgs-hit");
      put(hit, { x: -6, y: -6, width: 24, height: 24 });
      twisty.append(hit, sized("open"));
      element.append(twisty);
    }
    return { element, part, glyph, visits, status: undefined };
  }

  private paintNode({ element, part, glyph, visits, ...node }: Node, visit: NodeProgress | undefined): void {
    const { selection } = this.context;
    const status = visit?.status ?? "pending";
    if (node.status !== status) {
      glyph.replaceChildren(sized(status));
      (this.nodes.get(part.path) as Node).status = status;
    }
    const rows = visit?.rows ?? [];
    const faint = rows.length > 0 && !rows.some((id) => selection.listsRow(id)) ? " lgs-faint" : "";
    const compound = part.kind === "open" ? " lgs-compound" : "";
    setAttribute(element, "class", `lgs-node lgs-is-${status}${compound}${faint}`);
    setColor(element, status === "pending" ? undefined : visit?.color);
    const many = visit?.visits ?? 0;
    setText(visits, many > 1 ? `×${compactCount(many)}` : "");
    setAttribute(element, "aria-pressed", String(rows.some((id) => selection.isSelected(id))));
    setAttribute(element, "tabindex", part.path === this.cursor ? "0" : "-1");
    const state = part.kind === "node" ? "" : part.kind === "open" ? ", subgraph, open" : ", subgraph, closed";
    setAttribute(
      element,
      "aria-label",
      `${part.name}, ${statusWord(status)}${many > 1 ? `, ${plural(many, "visit")}` : ""}${state}`,
    );
  }

  private click(event: MouseEvent): void {
    const target = event.target as Element;
    const path = target.closest<SVGGElement>(".lgs-node")?.dataset["path"];
    if (path === undefined) return;
    this.moveTo(path);
    if (target.closest(".lgs-node-twisty") !== null) this.toggle(path);
    else this.select(path);
  }

  private select(path: string): void {
    const [first, ...others] = this.taken?.nodes.get(path)?.rows ?? [];
    if (first !== undefined) this.context.selection.selectRow(first, others);
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const paths = [...this.nodes.keys()];
    const at = paths.indexOf(this.cursor);
    const kind = this.nodes.get(this.cursor)?.part.kind;
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.moveTo(paths[at + 1]),
      ArrowUp: () => this.moveTo(paths[at - 1]),
      Home: () => this.moveTo(paths[0]),
      End: () => this.moveTo(paths.at(-1)),
      ArrowRight: () => kind === "closed" && this.toggle(this.cursor),
      ArrowLeft: () => kind === "open" && this.toggle(this.cursor),
      Enter: () => this.select(this.cursor),
      " ": () => this.select(this.cursor),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }

  private moveTo(path: string | undefined): void {
    if (path === undefined) return;
    this.nodes.get(this.cursor)?.element.setAttribute("tabindex", "-1");
    this.cursor = path;
    const element = this.nodes.get(path)?.element;
    element?.setAttribute("tabindex", "0");
    element?.focus({ preventScroll: true });
    element?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }

  private toggle(path: string): void {
    if (!this.toggled.delete(path)) this.toggled.add(path);
    this.dirty = true;
    this.context.cursor.notify();
  }
}

function size({ nodes }: Shape): number {
  return nodes.reduce((sum, { graph }) => sum + 1 + (graph ? size(graph) : 0), 0);
}

function clipName({ name, width, kind }: Part): string {
  const room = Math.floor((width - (kind === "node" ? 50 : 66)) / 6.5);
  return name.length > room + 1 ? `${name.slice(0, room)}…` : name;
}

function end(part: Part): SVGGElement {
  const element = svg("g", "lgs-end");
  element.setAttribute("transform", `translate(${part.x} ${part.y})`);
  const frame = svg("rect", "lgs-frame");
  put(frame, { width: part.width, height: part.height, rx: part.height / 2 });
  const text = svg("text", "lgs-end-name");
  put(text, { x: part.width / 2, y: 14, "text-anchor": "middle" });
  text.textContent = part.name;
  element.append(frame, text);
  return element;
}

function edgeOf(line: Line): Edge {
  const path = svg("path", "lgs-edge");
  path.setAttribute("d", `${line.d}${head(line.d)}`);
  const text = svg("text", "lgs-edge-label");
  put(text, { x: line.at[0] + (line.side === "end" ? -5 : 5), y: line.at[1] + 3, "text-anchor": line.side });
  return { path, text, line };
}

/** An arrow's head at the end of the path, without a marker: those need ids, which are the whole page's. */
function head(d: string): string {
  const [x = 0, y = 0, fromX = 0, fromY = 0] = (d.match(/-?[\d.]+/g) ?? [])
    .map(Number)
    .slice(-2)
    .concat((d.match(/-?[\d.]+/g) ?? []).map(Number).slice(-4, -2));
  const angle = Math.atan2(y - fromY, x - fromX);
  const side = (turn: number): string =>
    `${(x - 6 * Math.cos(angle + turn)).toFixed(1)},${(y - 6 * Math.sin(angle + turn)).toFixed(1)}`;
  return `M${side(0.5)}L${x},${y}L${side(-0.5)}`;
}

function paintEdge({ path, text, line }: Edge, taken: number): void {
  const shade = taken > 0 ? " lgs-taken" : "";
  setAttribute(path, "class", `lgs-edge${line.conditional ? " lgs-conditional" : ""}${shade}`);
  setAttribute(text, "class", `lgs-edge-label${shade}`);
  setText(text, [line.label, taken > 1 ? `×${count(taken)}` : ""].filter(Boolean).join(" "));
}

function sized(glyph: Status | "open"): SVGSVGElement {
  const drawing = icon(glyph);
  put(drawing, { width: 12, height: 12 });
  return drawing;
}

function svg<K extends keyof SVGElementTagNameMap>(tag: K, classes: string): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  if (classes !== "") element.setAttribute("class", classes);
  return element;
}

function put(element: Element, attributes: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}
