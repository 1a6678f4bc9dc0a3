// What the tests ask of JupyterLab in the page.
window.lab = {
  get panel() {
    return window.jupyterapp?.shell.currentWidget;
  },
  get kernel() {
    return this.panel?.sessionContext?.session?.kernel;
  },
  idle() {
    return this.kernel?.connectionStatus === "connected" && this.kernel.status === "idle";
  },
  /** Whether this code cell has run, or all have where `cell` is null. */
  ended(cell) {
    const cells = this.panel.content.widgets.filter(({ model }, n) => model.type === "code" && (cell === null || n === cell));
    return this.idle() && cells.every(({ model }) => model.executionCount !== null && model.executionState !== "running");
  },
  choose(cell) {
    this.panel.content.deselectAll();
    this.panel.content.activeCellIndex = cell;
  },
  /** Begin a command of JupyterLab, and go on. */
  begin(command) {
    void window.jupyterapp.commands.execute(command);
  },
  /** What the live views showed since `record` was called: an entry whenever one looks different. */
  seen: [],
  record() {
    setInterval(() => {
      for (const view of document.querySelectorAll(".lgs-view")) {
        const now = look(view);
        if (JSON.stringify(now) !== JSON.stringify(this.seen.at(-1))) this.seen.push(now);
      }
    }, 20);
  },
  /** A command of JupyterLab, to its end. */
  async command(name, args) {
    await window.jupyterapp.commands.execute(name, args);
  },
};

function look(view) {
  const text = (selector) => view.querySelector(selector)?.textContent ?? "";
  const count = (selector) => view.querySelectorAll(selector).length;
  return {
    graph: text(".lgs-name"),
    status: text(".lgs-status"),
    tokens: text(".lgs-list").length,
    nodes: Array.from(view.querySelectorAll(".lgs-tree .lgs-row"), (row) => row.title),
    bars: count(".lgs-lane .lgs-bar"),
    growing: count(".lgs-lane .lgs-bar.lgs-live"),
    seconds: Array.from(view.querySelectorAll(".lgs-lane .lgs-bar.lgs-live"), (bar) => Number(bar.style.getPropertyValue("--lgs-for"))),
  };
}
