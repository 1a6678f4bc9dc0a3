"""The timeline as a list of lanes; in viewers without styles, a bar is its text."""

from __future__ import annotations

from math import floor, log10

from lgstream.views.fold.tables import Tables
from lgstream.views.render.document import TimelineLane, elapsed_seconds, timeline_lanes
from lgstream.views.render.html.markup import (
    BACKGROUND_COLOR,
    DIM_STYLE,
    GREY,
    HIDDEN_STYLE,
    STATUS_COLORS,
    background_color,
    element,
    escape_text,
    node_color,
    omission_note,
    panel,
    status_icon,
)
from lgstream.views.rows import TaskRow
from lgstream.views.text.format import MULTIPLICATION_SIGN, fit_items, format_duration

LABEL_STYLE = (
    "flex:0 0 30%;max-width:150px;box-sizing:border-box;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
)
FIGURE_STYLE = "flex:0 0 64px;text-align:right;white-space:nowrap"

MAX_BANDS = 8
"""Number of supersteps up to which they are shaded."""

MAX_BARS_PER_LANE = 40
"""Bars in a lane; further tasks between the first and the last ones are left out."""

MIN_WAIT_SHARE = 0.004
"""The part of the whole timeline that a wait must take to be drawn."""


def timeline_panel(tables: Tables, max_bytes: int) -> str:
    """Render when each node ran, and how long it waited for the others of its superstep."""
    lanes = timeline_lanes(tables)
    if not lanes:
        return ""
    total_seconds = max(elapsed_seconds(tables), 1e-4)
    bands = _bands(tables, total_seconds)

    def render(lane: TimelineLane) -> str:
        return _lane(lane, total_seconds, bands)

    first, hidden, last = fit_items(lanes, max_bytes, render)
    gap = element("li", "margin:0", omission_note(hidden, "lanes")) if hidden else ""
    items = element("ul", "list-style-type:none;margin:0;padding:0;font-size:12px", *first, gap, *last)
    return panel("Timeline", _axis(total_seconds), items)


def _axis(total_seconds: float) -> str:
    """Render round times, each above its place in the lanes."""
    step = _round_up(total_seconds / 4)
    if step < 0.1 and total_seconds < 1:
        unit_seconds, unit = 0.001, "ms"
    elif total_seconds < 180:
        unit_seconds, unit = 1.0, "s"
    else:
        unit_seconds, unit = 60.0, "min"
    ticks = []
    for number in range(int(total_seconds / step * 1.0001) + 1):
        time = number * step
        position = f"position:absolute;left:{100 * time / total_seconds:.2f}%;white-space:nowrap"
        ticks.append(element("span", position, escape_text(f"{time / unit_seconds:.6g} {unit} ")))
    scale = element("span", "position:relative;flex:1 1 0;height:17px;min-width:0", *ticks)
    style = f"display:flex;gap:8px;font-size:11px;{DIM_STYLE}"
    return element("div", style, element("span", LABEL_STYLE, ""), scale, element("span", FIGURE_STYLE, ""))


def _round_up(length: float) -> float:
    """Return the next larger of 1, 2, 5, 10, … and their decimal multiples and fractions."""
    power: float = 10.0 ** floor(log10(length))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= length * 0.9999)


def _lane(lane: TimelineLane, total_seconds: float, bands: str) -> str:
    if lane.line.hidden:
        return element("li", "margin:0", omission_note(lane.line.hidden, "lanes"))
    row = lane.line.row
    status = row.get("status", "done")
    icon = status_icon(status) if status in ("failed", "waiting", "stopped") else ""
    label_style = f"{LABEL_STYLE};padding-left:{max(lane.line.depth - 1, 0) * 12}px"
    colon = element("span", HIDDEN_STYLE, ": ")
    label = element("span", label_style, icon, escape_text(row["name"]), colon, title=row["path"])
    half = MAX_BARS_PER_LANE // 2
    tasks = lane.tasks if len(lane.tasks) <= MAX_BARS_PER_LANE else [*lane.tasks[:half], *lane.tasks[-half:]]
    is_thin = row["kind"] == "subgraph"
    bars = " ".join(_bar(task, row.get("color"), total_seconds, is_thin) for task in tasks)
    track_style = f"position:relative;flex:1 1 0;min-width:0;height:20px;background-color:{BACKGROUND_COLOR}"
    track = element("span", track_style, bands, bars)
    busy_seconds = sum(task.get("ended", total_seconds) - task["started"] for task in lane.tasks)
    visits = f"{len(lane.tasks)}{MULTIPLICATION_SIGN} " if len(lane.tasks) > 1 else ""
    comma = element("span", HIDDEN_STYLE, ", ")
    figure = element("span", FIGURE_STYLE, comma, escape_text(f"{visits}{format_duration(busy_seconds)}"))
    return element("li", "display:flex;gap:8px;line-height:20px;margin:0 0 2px 0", label, track, figure)


def _bar(task: TaskRow, color: int | None, total_seconds: float, is_thin: bool) -> str:
    """Render the bar of a task and the dashed one of its wait; their text is visible in viewers without styles only."""
    start, end = task["started"], task.get("ended", total_seconds)
    shape = "top:8px;height:5px;opacity:0.6" if is_thin else "top:4px;height:12px"
    step = f"step {task['step']}, " if "step" in task else ""
    tries = f", tried {task['tries']} times" if "tries" in task else ""
    text = f"{step}{format_duration(start)} to {format_duration(end)}, {task['status']}{tries}"
    position = _position(start, end, total_seconds)
    style = f"position:absolute;{position};{shape};border-radius:3px;overflow:hidden;{HIDDEN_STYLE}"
    if task["status"] == "failed":
        style += f";border:2px solid {STATUS_COLORS['failed']};box-sizing:border-box"
    bar = element("span", f"{style};{background_color(color)}", escape_text(text), title=text)
    released = task.get("released", end)
    if (released - end) / total_seconds < MIN_WAIT_SHARE:
        return bar
    position = _position(end, released, total_seconds)
    style = f"position:absolute;{position};{shape};box-sizing:border-box;{HIDDEN_STYLE}"
    style += f";border:1px dashed {node_color(color)};border-radius:3px"
    text = f"waited for the superstep until {format_duration(released)}"
    return bar + element("span", style, escape_text(f", {text}"), title=text)


def _bands(tables: Tables, total_seconds: float) -> str:
    """Shade every other superstep of the root graph."""
    steps = [
        row for row in tables["step"].values() if row["row"] == "/" and row.get("ended", total_seconds) > row["started"]
    ]
    if not 1 < len(steps) <= MAX_BANDS:
        return ""
    style = f"position:absolute;top:0;height:20px;background-color:{GREY};opacity:0.08"
    return "".join(
        element("span", f"{style};{_position(row['started'], row.get('ended', total_seconds), total_seconds)}")
        for row in steps[1::2]
    )


def _position(start: float, end: float, total_seconds: float) -> str:
    left = min(max(start / total_seconds, 0.0), 1.0) * 100
    width = min(max((end - start) / total_seconds, 0.0) * 100, 100 - left)
    return f"left:{left:.2f}%;width:{width:.2f}%;min-width:2px"
