"""``python -m benchmarks.load``: what a view in a real JupyterLab holds, in Chromium, on this machine. Prints a table.

Needs Chromium, like the browser tests, whose JupyterLab it starts.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.lab import CHROMIUM, Lab, Notebook, chromium, serving

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

RECORD = """() => {
    const seen = window.load = {frames: [], length: 0, changed: 0, bars: 0};
    const look = now => {
        seen.frames.push(now);
        const lists = document.querySelectorAll(".lgs-view .lgs-list");
        let length = 0;
        for (const list of lists) length += list.textContent.length;
        const bars = document.querySelectorAll(".lgs-view .lgs-bar").length;
        if (length > seen.length || bars > seen.bars) {
            Object.assign(seen, {length, bars, changed: Date.now() / 1000});
        }
        seen.request = requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""

STOP = """() => {
    cancelAnimationFrame(window.load.request);
    window.gc?.();
    return {...window.load, heap: performance.memory.usedJSHeapSize};
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


def measured(browser: Browser, lab: Lab, load: Load) -> dict[str, Any]:
    """What the page saw of a load, in a notebook of its own; ``end`` as the kernel tells it."""
    page: Page = browser.new_page(viewport={"width": 1240, "height": 1000})
    page.set_default_timeout(180_000)
    try:
        notebook = Notebook(page, lab, lab.write([SETUP, load.cell, "print(end)"]))
        notebook.run(0)
        heap = page.evaluate("() => { window.gc?.(); return performance.memory.usedJSHeapSize; }")
        page.evaluate(RECORD)
        notebook.run(1)
        seen: dict[str, Any] = page.evaluate(STOP)
        notebook.run(2)
        return {**seen, "end": float(notebook.output(2).inner_text()), "before": heap}
    finally:
        page.close()
        lab.end_kernels()


def row(load: Load, seen: dict[str, Any]) -> str:
    """One line of the table."""
    frames = seen["frames"]
    gaps = [after - before for before, after in itertools.pairwise(frames)]
    # Markdown keeps the words but not every space at the end of a line
    shown = min(1.0, seen[load.shown] / (load.least - 1))
    return (
        f"{load.name:40}  {shown:6.1%}  {max(0.0, seen['changed'] - seen['end']):5.2f} s  {median(gaps):5.1f} ms  "
        f"{max(gaps):6.0f} ms  {(seen['heap'] - seen['before']) / 1e6:6.1f} MB"
    )


def main() -> None:
    """Measure every load, and print the table."""
    environment = {"PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
    args = [*CHROMIUM, "--enable-precise-memory-info", "--js-flags=--expose-gc"]
    print(f"{'':40}   shown     late   frame gap: median, most   heap grew by")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), environment) as lab, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), headless=True, args=args)
        for load in LOADS:
            print(row(load, measured(browser, lab, load)), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
