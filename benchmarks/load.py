"""``python -m benchmarks.load [part of a case's name ...]``: what a view in a real JupyterLab holds, on this machine.

Prints a table. Needs Chromium, like the browser tests, whose JupyterLab it starts.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tools.jupyterlab.lab import CHROMIUM, MIME, Lab, Notebook, chromium, serving

ROOT = Path(__file__).parents[1]

SETUP = """
import asyncio, operator, time
from typing import Annotated, TypedDict
from benchmarks.cases_models import talking
from benchmarks.packages import package
from lgstream import awatch, watch
from lgstream.graph import START, StateGraph
from lgstream.types import Send

lgstream = package("lgstream")
talk = {size: talking(lgstream, size) for size in (4_000, 20_000, 100_000)}

class Gathered(TypedDict):
    done: Annotated[list, operator.add]

async def work(state):
    await asyncio.sleep(0.5 + state["n"] / 200)
    return {"done": [state["n"]]}

builder = StateGraph(Gathered).add_node("work", work)
builder.add_conditional_edges(START, lambda state: [Send("work", {"n": n}) for n in range(200)], ["work"])
fan = builder.compile(name="fan")
"""

LIVE = ".jp-OutputArea-output:not([data-mime-type]) .lgs-view"
KEPT = f"[data-mime-type='{MIME}'] .lgs-view"

RECORD = """live => {
    const seen = window.load = {frames: [], changed: 0, views: new Map()};
    const look = now => {
        seen.frames.push(now);
        for (const view of document.querySelectorAll(live)) {
            const before = seen.views.get(view) ?? {length: 0, bars: 0};
            const {length} = view.querySelector(".lgs-list").textContent;
            const bars = view.querySelectorAll(".lgs-bar").length;
            if (length <= before.length && bars <= before.bars) continue;
            seen.views.set(view, {length, bars});
            seen.changed = Date.now() / 1000;
        }
        seen.request = requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
"""Note each frame, and the most that each live view ever showed: when its run is over, another view takes its place."""

STOP = """async kept => {
    const {request, views, frames, changed} = window.load;
    cancelAnimationFrame(request);
    const end = Date.now() + 10_000;
    while (document.querySelectorAll(kept).length < views.size && Date.now() < end)
        await new Promise(done => setTimeout(done, 50));
    await new Promise(done => setTimeout(done, 200));
    const sum = numbers => numbers.reduce((a, b) => a + b, 0);
    const found = selector => [...document.querySelectorAll(selector)];
    const seen = [...views.values()];
    const live = {length: sum(seen.map(view => view.length)), bars: sum(seen.map(view => view.bars))};
    const still = {
        length: sum(found(`${kept} .lgs-list`).map(list => list.textContent.length)),
        bars: found(`${kept} .lgs-bar`).length,
    };
    window.load.views.clear();
    window.gc?.();
    return {frames, changed, live, still, heap: performance.memory.usedJSHeapSize};
}"""


@dataclass(frozen=True)
class Load:
    """A cell that runs something, and says by ``end`` when the last of its runs ended (Unix seconds).

    ``shown`` is what must be there when all is shown: characters of the cards, or bars of the timeline.
    """

    name: str
    cell: str
    shown: str
    least: int


def talks(size: int) -> str:
    return f"run = watch(talk[{size}], {{'text': ''}}); end = run.events[-1].time"


LOADS = (
    Load("20,000 tokens at full speed", talks(20_000), "length", 20_000 * len("word ")),
    Load("200 parallel tasks", "run = await awatch(fan, {'done': []}); end = run.events[-1].time", "bars", 200),
    Load("100,000 tokens in one run", talks(100_000), "length", 100_000 * len("word ")),
    Load(
        "five views at once, 4,000 tokens each",
        "runs = await asyncio.gather(*(awatch(talk[4_000], {'text': ''}) for _ in range(5)))\n"
        "end = max(run.events[-1].time for run in runs)",
        "length", 5 * 4_000 * len("word "),
    ),
)  # fmt: skip


def measured(browser: Browser, lab: Lab, load: Load, slower: float) -> dict[str, Any]:
    """What the page saw of a load, in a notebook of its own; ``end`` as the kernel tells it."""
    page: Page = browser.new_page(viewport={"width": 1240, "height": 1000})
    page.set_default_timeout(180_000)
    try:
        notebook = Notebook(page, lab, lab.write([SETUP, load.cell, "print(end)"]))
        notebook.run(0)
        heap = page.evaluate("() => { window.gc?.(); return performance.memory.usedJSHeapSize; }")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.evaluate(RECORD, LIVE)
        notebook.run(1)
        seen: dict[str, Any] = page.evaluate(STOP, KEPT)
        notebook.run(2)
        return {**seen, "end": float(notebook.output(2).inner_text()), "before": heap}
    finally:
        page.close()
        lab.end_kernels()


def row(load: Load, seen: dict[str, Any]) -> str:
    """One line of the table."""
    gaps = [after - before for before, after in itertools.pairwise(seen["frames"])]
    # Markdown keeps the words but not every space at the end of a line
    live, still = (min(1.0, seen[views][load.shown] / (load.least - 1)) for views in ("live", "still"))
    return (
        f"{load.name:40}  {live:6.1%}  {still:6.1%}  {max(0.0, seen['changed'] - seen['end']):5.2f} s  "
        f"{median(gaps):5.1f} ms  {max(gaps):6.0f} ms  {(seen['heap'] - seen['before']) / 1e6:6.1f} MB"
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="What a view in JupyterLab holds.")
    parser.add_argument("part", nargs="*", help="only cases whose name has this in it")
    parser.add_argument("--slower", type=float, default=1.0, help="the page's processor, so many times")
    return parser.parse_args()


def main() -> None:
    """Measure the loads that the command line selects, and print the table."""
    asked = arguments()
    environment = {"PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
    args = [*CHROMIUM, "--enable-precise-memory-info", "--js-flags=--expose-gc"]
    print(f"{'':40}    shown   saved     late   frame gap: median, most   heap grew by")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), environment) as lab, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), headless=True, args=args)
        for load in LOADS:
            if not asked.part or any(part in load.name for part in asked.part):
                print(row(load, measured(browser, lab, load, asked.slower)), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
