"""``python -m benchmarks.load [part of a case's name ...]``: live views in JupyterLab under load, on this machine.

Prints a table. Needs Chromium, as the browser tests do.
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

from tools.jupyterlab.notebook import RUN_MIME_TYPE, Notebook, launch_browser
from tools.jupyterlab.server import Lab, serve_lab

ROOT = Path(__file__).parents[1]

SETUP = """
import asyncio, operator, time
from typing import Annotated, TypedDict
from benchmarks.cases_models import model_graph
from benchmarks.packages import package
from lgstream import awatch, watch
from lgstream.graph import START, StateGraph
from lgstream.types import Send

lgstream = package("lgstream")
talk = {size: model_graph(lgstream, size) for size in (4_000, 20_000, 100_000, 1_000_000)}

class Results(TypedDict):
    done: Annotated[list, operator.add]

async def work(state):
    await asyncio.sleep(0.5 + state["n"] / 200)
    return {"done": [state["n"]]}

builder = StateGraph(Results).add_node("work", work)
builder.add_conditional_edges(START, lambda state: [Send("work", {"n": n}) for n in range(200)], ["work"])
fan = builder.compile(name="fan")

def write(state, writer):
    for number in range(1_000_000):
        writer(f"write {number}")

flood = StateGraph(Results).add_node("write", write).add_edge(START, "write").compile(name="flood")
"""

LIVE_VIEWS = ".jp-OutputArea-output:not([data-mime-type]) .lgs-view"
SAVED_VIEWS = f"[data-mime-type='{RUN_MIME_TYPE}'] .lgs-view"

RECORD = """liveViews => {
    const recording = window.load = {frames: [], changed: 0, views: new Map()};
    let nextLook = 0;
    const record = now => {
        recording.frames.push(now);
        recording.request = requestAnimationFrame(record);
        if (now < nextLook) return;
        const start = performance.now();
        for (const view of document.querySelectorAll(liveViews)) {
            const before = recording.views.get(view) ?? {length: 0, bars: 0, last: ""};
            const text = view.querySelector(".lgs-list").textContent;
            const bars = view.querySelectorAll(".lgs-bar").length;
            const last = text.slice(-20);
            if (text.length <= before.length && bars <= before.bars && last === before.last) continue;
            recording.views.set(view, {length: text.length, bars, last});
            recording.changed = Date.now() / 1000;
        }
        nextLook = now + 20 * (performance.now() - start); // at most 5 % of the time
    };
    requestAnimationFrame(record);
}"""
"""Record each frame, and the most that each live view showed: when its run ends, a static view replaces it."""

STOP_RECORDING = """async savedViews => {
    const {request, views, frames, changed} = window.load;
    cancelAnimationFrame(request);
    const end = Date.now() + 10_000;
    while (document.querySelectorAll(savedViews).length < views.size && Date.now() < end)
        await new Promise(done => setTimeout(done, 50));
    await new Promise(done => setTimeout(done, 200));
    const sum = numbers => numbers.reduce((a, b) => a + b, 0);
    const all = selector => [...document.querySelectorAll(selector)];
    const maxima = [...views.values()];
    const live = {
        length: sum(maxima.map(view => view.length)),
        bars: sum(maxima.map(view => view.bars)),
        last: maxima.at(-1)?.last ?? "",
    };
    const saved = {
        length: sum(all(`${savedViews} .lgs-list`).map(list => list.textContent.length)),
        bars: all(`${savedViews} .lgs-bar`).length,
        last: all(`${savedViews} .lgs-list`).at(-1)?.textContent.slice(-20) ?? "",
    };
    window.load.views.clear();
    window.gc?.();
    return {frames, changed, live, saved, heap: performance.memory.usedJSHeapSize};
}"""


@dataclass(frozen=True)
class LoadCase:
    """A cell that runs graphs, and sets ``end`` to the time at which the last run ended (Unix seconds).

    Attributes:
        name: The row of the table.
        cell: The source of the cell.
        measure: What is counted in the views: ``"length"``, the characters of the cards, or ``"bars"`` of the timeline;
            or ``"last"``, the end of the text.
        total: The count if everything is shown, or the text that is shown last.
    """

    name: str
    cell: str
    measure: str
    total: int | str


def stream_cell(size: int) -> str:
    return f"run = watch(talk[{size}], {{'text': ''}}); end = run.events[-1].time"


CASES = (
    LoadCase("20,000 tokens at full speed", stream_cell(20_000), "length", 20_000 * len("word ")),
    LoadCase("200 parallel tasks", "run = await awatch(fan, {'done': []}); end = run.events[-1].time", "bars", 200),
    LoadCase("100,000 tokens in one run", stream_cell(100_000), "length", 100_000 * len("word ")),
    LoadCase(
        "five views at once, 4,000 tokens each",
        "runs = await asyncio.gather(*(awatch(talk[4_000], {'text': ''}) for _ in range(5)))\n"
        "end = max(run.events[-1].time for run in runs)",
        "length",
        5 * 4_000 * len("word "),
    ),
    LoadCase(
        "1,000,000 custom writes", "run = watch(flood, {'done': []}); end = run.events[-1].time", "last", "write 999999"
    ),
    LoadCase("1,000,000 tokens in one run", stream_cell(1_000_000), "length", 1_000_000 * len("word ")),
)


def measure_case(browser: Browser, lab: Lab, case: LoadCase, slowdown: float) -> dict[str, Any]:
    """Run a case in a notebook of its own, and return what was recorded in the page, with ``end`` from the kernel."""
    page: Page = browser.new_page(viewport={"width": 1240, "height": 1000})
    page.set_default_timeout(600_000)
    try:
        notebook = Notebook(page, lab, lab.write_notebook([SETUP, case.cell, "print(end)"]))
        notebook.run(0)
        heap = page.evaluate("() => { window.gc?.(); return performance.memory.usedJSHeapSize; }")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        page.evaluate(RECORD, LIVE_VIEWS)
        notebook.run(1)
        recording: dict[str, Any] = page.evaluate(STOP_RECORDING, SAVED_VIEWS)
        notebook.run(2)
        return {**recording, "end": float(notebook.output(2).inner_text()), "before": heap}
    finally:
        page.close()
        lab.shut_down_kernels()


def shown_share(case: LoadCase, views: dict[str, Any]) -> float:
    """Return how much of what a case should show was shown, from 0 to 1."""
    if isinstance(case.total, str):
        return float(views[case.measure].endswith(case.total))
    return min(1.0, float(views[case.measure]) / (case.total - 1))  # Markdown does not keep every space at a line's end


def table_row(case: LoadCase, recording: dict[str, Any]) -> str:
    """Return one line of the table."""
    live, saved = (shown_share(case, recording[views]) for views in ("live", "saved"))
    gaps = [after - before for before, after in itertools.pairwise(recording["frames"])]
    return (
        f"{case.name:40}  {live:6.1%}  {saved:6.1%}  {max(0.0, recording['changed'] - recording['end']):5.2f} s  "
        f"{median(gaps):5.1f} ms  {max(gaps):6.0f} ms  {(recording['heap'] - recording['before']) / 1e6:6.1f} MB"
    )


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description="Live views in JupyterLab under load."
    )
    parser.add_argument("part", nargs="*", help="only cases whose name has this in it")
    parser.add_argument("--slowdown", type=float, default=1.0, help="throttle the page's processor by this factor")
    return parser.parse_args()


def main() -> None:
    """Measure the cases that the command line selects, and print the table."""
    options = parse_arguments()
    environment = {"PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
    print(f"{'':40}    shown   saved     late   frame gap: median, most   heap grew by")
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_lab(Path(folder), environment) as lab,
        sync_playwright() as play,
    ):
        browser = launch_browser(play, "--enable-precise-memory-info", "--js-flags=--expose-gc")
        for case in CASES:
            if not options.part or any(part in case.name for part in options.part):
                print(table_row(case, measure_case(browser, lab, case, options.slowdown)), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
