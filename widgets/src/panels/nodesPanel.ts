/** The left panel: the nodes of the graph, as a tree or as a drawing. */

import { button, make } from "../dom/dom";
import { GraphPanel } from "./graph/graphPanel";
import type { Panel, PanelContext } from "./panel";
import type { Changes } from "../model/store";
import { TreePanel } from "./treePanel";

export class NodesPanel implements Panel {
  readonly element = make("div", "lgs-nodes");
  readonly #tree: TreePanel;
  readonly #graph: GraphPanel;
  readonly #tabs = make("div", "lgs-tabs");
  readonly #treeTab = button("lgs-tab", "tree", () => this.#choose(false));
  readonly #graphTab = button("lgs-tab", "graph", () => this.#choose(true));

  constructor(private readonly context: PanelContext) {
    this.#tree = new TreePanel(context);
    this.#graph = new GraphPanel(context);
    this.#tabs.setAttribute("role", "group");
    this.#tabs.setAttribute("aria-label", "Show the nodes as");
    this.#tabs.append(this.#treeTab, this.#graphTab);
    this.element.append(this.#tabs, this.#tree.element, this.#graph.element);
    this.#choose(false);
  }

  paint(changes: Changes): void {
    this.#tabs.hidden = this.context.cursor.live.run.shape === undefined;
    this.#tree.paint(changes);
    this.#graph.paint(changes);
  }

  tick(now: number): void {
    this.#tree.tick(now);
  }

  #choose(showsGraph: boolean): void {
    this.#treeTab.setAttribute("aria-pressed", String(!showsGraph));
    this.#graphTab.setAttribute("aria-pressed", String(showsGraph));
    this.#tree.element.hidden = showsGraph;
    this.#graph.element.hidden = !showsGraph;
    if (showsGraph) this.#graph.show();
  }
}
