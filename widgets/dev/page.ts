/** The script of the page that `page.mjs` writes: sends a scenario to the widget through a fake model. */

import type { Operation } from "../src/protocol/rows";
import runView from "../src/runview";
import { FakeModel } from "./fakeModel";
import { SCENARIOS } from "./scenarios";

const [name = "running", theme = "light", mode = "whole", part = ""] = location.hash.slice(1).split(",");
document.body.dataset["jpThemeLight"] = String(theme !== "dark");

const story = (SCENARIOS[name] ?? SCENARIOS["running"])?.();
const ops: Operation[] = story?.ops ?? [];
const model = new FakeModel({ part });
const widget = runView();
widget.initialize({ model });
widget.render({ model, el: document.getElementById("cell") as HTMLElement });

let seq = 0;
function send(part: Operation[]): void {
  model.receive({ kind: "frame", seq: ++seq, ops: part });
}

if (mode === "live") {
  const began = performance.now();
  let at = 0;
  const timer = setInterval(() => {
    const now = (performance.now() - began) / 1000;
    const from = at;
    while (at < ops.length && (ops[at]?.[0] ?? 0) <= now) at++;
    if (at > from) send(ops.slice(from, at));
    if (at >= ops.length) clearInterval(timer);
  }, 50);
} else {
  send(ops);
}
