"""The timeline: a list, a lane each item, with bars that are words where no style is."""

from __future__ import annotations

from math import floor, log10

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document as outline
from lgstream.views.render.document import Lane
from lgstream.views.render.html.markup import DIM, GREY, GROUND, HIDDEN, fill, icon, left_out, node, panel, tag, text
from lgstream.views.rows import TaskRow
from lgstream.views.text.format import TIMES, fit, seconds

LABEL = "flex:0 0 30%;max-width:150px;box-sizing:border-box;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
FIGURE = "flex:0 0 64px;text-align:right;white-space:nowrap"

BANDS = 8
"""Supersteps up to which their bands are drawn."""

BARS = 40
"""Bars in a lane; the tasks between the first and the last of them are left out."""


def timeline(tables: Tables, room: int) -> str:
    """Who ran when, and who waited at the barrier for the others."""
    lanes = outline.lanes(tables)
    if not lanes:
        return ""
    total = max(outline.until(tables), 1e-4)
    bands = _bands(tables, total)

    def write(lane: Lane) -> str:
        return _lane(lane, total, bands)

    head, more, tail = fit(lanes, room, write)
    gap = tag("li", "margin:0", left_out(more, "lanes")) if more else ""
    items = tag("ul", "list-style-type:none;margin:0;padding:0;font-size:12px", *head, gap, *tail)
    return panel("Timeline", _axis(total), items)


def _axis(total: float) -> str:
    """Round times, each above its place in the lanes."""
    step = _round(total / 4)
    unit, name = (0.001, "ms") if step < 0.1 and total < 1 else (1.0, "s") if total < 180 else (60.0, "min")
    ticks = []
    for number in range(int(total / step * 1.0001) + 1):
        at = number * step
        place = f"position:absolute;left:{100 * at / total:.2f}%;white-space:nowrap"
        ticks.append(tag("span", place, text(f"{at / unit:.6g} {name} ")))
    scale = tag("span", "position:relative;flex:1 1 0;height:17px;min-width:0", *ticks)
    style = f"display:flex;gap:8px;font-size:11px;{DIM}"
    return tag("div", style, tag("span", LABEL, ""), scale, tag("span", FIGURE, ""))


def _round(length: float) -> float:
    """The next larger of 1, 2, 5, 10, …"""
    power: float = 10.0 ** floor(log10(length))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= length * 0.9999)


def _lane(lane: Lane, total: float, bands: str) -> str:
    if lane.line.hidden:
        return tag("li", "margin:0", left_out(lane.line.hidden, "lanes"))
    row = lane.line.row
    status = row.get("status", "done")
    mark = icon(status) if status in ("failed", "waiting", "stopped") else ""
    indent = f"padding-left:{max(lane.line.depth - 1, 0) * 12}px"
    name = tag("span", f"{LABEL};{indent}", mark, text(row["name"]), tag("span", HIDDEN, ": "), title=row["path"])
    thin = row["kind"] == "subgraph"
    shown = lane.tasks if len(lane.tasks) <= BARS else [*lane.tasks[: BARS // 2], *lane.tasks[-BARS // 2 :]]
    bars = " ".join(_bar(task, row.get("color"), total, thin) for task in shown)
    spent = sum(task.get("ended", total) - task["started"] for task in lane.tasks)
    times = f"{len(lane.tasks)}{TIMES} " if len(lane.tasks) > 1 else ""
    track = tag("span", f"position:relative;flex:1 1 0;min-width:0;height:20px;background-color:{GROUND}", bands, bars)
    figure = tag("span", FIGURE, tag("span", HIDDEN, ", "), text(f"{times}{seconds(spent)}"))
    return tag("li", "display:flex;gap:8px;line-height:20px;margin:0 0 2px 0", name, track, figure)


def _bar(task: TaskRow, color: int | None, total: float, thin: bool) -> str:
    """The bar of a task, and the dashed one of its wait at the barrier; its words are seen without styles only."""
    start, end = task["started"], task.get("ended", total)
    shape = "top:8px;height:5px;opacity:0.6" if thin else "top:4px;height:12px"
    step = f"step {task['step']}, " if "step" in task else ""
    tries = f", tried {task['tries']} times" if "tries" in task else ""
    words = f"{step}{seconds(start)} to {seconds(end)}, {task['status']}{tries}"
    style = f"position:absolute;{_span(start, end, total)};{shape};border-radius:3px;overflow:hidden;{HIDDEN}"
    if task["status"] == "failed":
        style += ";border:2px solid #d2504a;box-sizing:border-box"
    bar = tag("span", f"{style};{fill(color)}", text(words), title=words)
    released = task.get("released", end)
    if (released - end) / total < 0.004:
        return bar
    waited = f"position:absolute;{_span(end, released, total)};{shape};box-sizing:border-box;{HIDDEN}"
    words = f"waited for the superstep until {seconds(released)}"
    return bar + tag(
        "span", f"{waited};border:1px dashed {node(color)};border-radius:3px", text(f", {words}"), title=words
    )


def _bands(tables: Tables, total: float) -> str:
    """The root graph's supersteps, every other one shaded."""
    steps = [row for row in tables["step"].values() if row["row"] == "/" and row.get("ended", total) > row["started"]]
    if not 1 < len(steps) <= BANDS:
        return ""
    style = f"position:absolute;top:0;height:20px;background-color:{GREY};opacity:0.08"
    return "".join(
        tag("span", f"{style};{_span(row['started'], row.get('ended', total), total)}") for row in steps[1::2]
    )


def _span(start: float, end: float, total: float) -> str:
    left = min(max(start / total, 0.0), 1.0) * 100
    width = min(max((end - start) / total, 0.0) * 100, 100 - left)
    return f"left:{left:.2f}%;width:{width:.2f}%;min-width:2px"
