/** The left panel: the nodes of the graph, as the tree or as the drawing. */

import { button, make } from "../dom/dom";
import { GraphDrawing } from "./graph/graphPanel";
import type { Painter, Scene } from "./panel";
import type { Changes } from "../model/store";
import { Tree } from "./treePanel";

export class Nodes implements Painter {
  readonly element = make("div", "lgs-nodes");
  private readonly tree: Tree;
  private readonly graph: GraphDrawing;
  private readonly tabs = make("div", "lgs-tabs");
  private readonly treeTab = button("lgs-tab", "tree", () => this.choose(false));
  private readonly graphTab = button("lgs-tab", "graph", () => this.choose(true));

  constructor(private readonly scene: Scene) {
    this.tree = new Tree(scene);
    this.graph = new GraphDrawing(scene);
    this.tabs.setAttribute("role", "group");
    this.tabs.setAttribute("aria-label", "Show the nodes as");
    this.tabs.append(this.treeTab, this.graphTab);
    this.element.append(this.tabs, this.tree.element, this.graph.element);
    this.choose(false);
  }

  paint(changes: Changes): void {
    this.tabs.hidden = this.scene.store.live.run.shape === undefined;
    this.tree.paint(changes);
    this.graph.paint(changes);
  }

  tick(now: number): void {
    this.tree.tick(now);
  }

  private choose(graph: boolean): void {
    this.treeTab.setAttribute("aria-pressed", String(!graph));
    this.graphTab.setAttribute("aria-pressed", String(graph));
    this.tree.element.hidden = graph;
    this.graph.element.hidden = !graph;
    if (graph) this.graph.show();
  }
}
