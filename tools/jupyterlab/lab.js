// Access to JupyterLab from a page of the tests. `tools/jupyterlab/notebook.py` adds it to each page, as `window.lab`.
window.lab = {
  get panel() {
    return window.jupyterapp?.shell.currentWidget;
  },
  get kernel() {
    return this.panel?.sessionContext?.session?.kernel;
  },
  isKernelIdle() {
    return this.kernel?.connectionStatus === "connected" && this.kernel.status === "idle";
  },
  /** True if this code cell has run to its end, or all code cells have if `cell` is null. */
  hasRun(cell) {
    const cells = this.panel.content.widgets.filter(({ model }, n) => model.type === "code" && (cell === null || n === cell));
    return (
      this.isKernelIdle() &&
      cells.every(({ model }) => model.executionCount !== null && model.executionState !== "running")
    );
  },
  /** The mime bundle of a code cell's first output, as it would be saved now; undefined before it is loaded. */
  outputData(cell) {
    return this.panel.content.widgets[cell]?.model.outputs.get(0)?.toJSON().data;
  },
  selectCell(cell) {
    this.panel.content.deselectAll();
    this.panel.content.activeCellIndex = cell;
  },
  /** Start a command of JupyterLab without waiting for its end. */
  startCommand(name) {
    void window.jupyterapp.commands.execute(name);
  },
  /** Run a command of JupyterLab to its end. */
  async runCommand(name, args) {
    await window.jupyterapp.commands.execute(name, args);
  },
  /** What the live views showed since `startRecording` was called: an entry each time one of them looked different. */
  snapshots: [],
  startRecording() {
    setInterval(() => {
      for (const view of document.querySelectorAll(".lgs-view")) {
        const snapshot = takeSnapshot(view);
        if (JSON.stringify(snapshot) !== JSON.stringify(this.snapshots.at(-1))) this.snapshots.push(snapshot);
      }
    }, 20);
  },
};

/** What a live view shows: text of the header, characters of the tokens, rows of the tree, bars of the timeline. */
function takeSnapshot(view) {
  const text = (selector) => view.querySelector(selector)?.textContent ?? "";
  const count = (selector) => view.querySelectorAll(selector).length;
  const liveBars = view.querySelectorAll(".lgs-lane .lgs-bar.lgs-live");
  return {
    graph: text(".lgs-name"),
    status: text(".lgs-status"),
    tokens: text(".lgs-list").length,
    nodes: Array.from(view.querySelectorAll(".lgs-tree .lgs-row"), (row) => row.title),
    bars: count(".lgs-lane .lgs-bar"),
    liveBars: liveBars.length,
    liveBarSeconds: Array.from(liveBars, (bar) => Number(bar.style.getPropertyValue("--lgs-for"))),
  };
}
