"""The tasks, each to be opened: its input, its changes and its update; and the final state."""

from __future__ import annotations

from lgstream.inspection.text import truncate
from lgstream.views.fold.tables import Tables
from lgstream.views.render.document import final_state, run_row, visible_tasks
from lgstream.views.render.html.markup import (
    BORDER_COLOR,
    DIM_STYLE,
    HIDDEN_STYLE,
    MONOSPACE_STYLE,
    PRE_STYLE,
    dim_text,
    disclosure,
    element,
    escape_text,
    omission_note,
    panel,
    status_icon,
)
from lgstream.views.rows import TaskRow
from lgstream.views.text.format import describe_join, fit_items, format_duration

CODE_STYLE = f"{MONOSPACE_STYLE};font-size:12px;background-color:transparent;padding:0"
WRAP_STYLE = "white-space:pre-wrap;overflow-wrap:break-word"
KEY_STYLE = "flex:0 0 30%;max-width:150px;font-weight:600;overflow-wrap:break-word"

MAX_VALUE_CHARS = 1_000
"""Characters of an input or an update."""


def tasks_panel(tables: Tables, max_bytes: int) -> str:
    """Render the tasks in the order of their start."""
    tasks, hidden_tasks = visible_tasks(tables)
    if not tasks:
        return ""
    first, hidden, last = fit_items(tasks, max_bytes, _task, first_share=0.5)
    omissions = omission_note(hidden_tasks, "tasks of rows that are not shown")
    return panel("Tasks", *first, omission_note(hidden, "tasks"), *last, omissions)


def state_panel(tables: Tables, max_bytes: int) -> str:
    """Render the last known state of the graph, key by key."""
    state = final_state(tables)
    if not state:
        return ""
    title = "Final state" if run_row(tables).get("status") == "done" else "State"

    def render(item: tuple[str, str]) -> str:
        key = element("strong", KEY_STYLE, escape_text(item[0]))
        value = element("code", f"{CODE_STYLE};{WRAP_STYLE};flex:1 1 0;min-width:0", escape_text(item[1]))
        colon = element("span", HIDDEN_STYLE, ": ")
        return element("li", "display:flex;gap:8px;margin:0 0 3px 0", key, colon, value)

    first, hidden, last = fit_items(list(state.items()), max_bytes, render, first_share=1.0)
    items = element("ul", "list-style-type:none;margin:0;padding:0;font-size:12px", *first, *last)
    return panel(title, items, omission_note(hidden, "keys"))


def _task(item: tuple[str, TaskRow]) -> str:
    where, task = item
    summary = [status_icon(task["status"]), escape_text(where), " ", dim_text(_task_facts(task))]
    if task.get("diff"):
        key, before, after = task["diff"][0]
        change = f"{truncate(before, 40)} → {truncate(after, 80)}" if before else truncate(after, 100)
        style = f"{CODE_STYLE};{DIM_STYLE};white-space:nowrap"
        summary += [" ", element("code", style, escape_text(f"{key}: {change}"))]
    body = [_diff(task["diff"])] if task.get("diff") else []
    if "answer" in task:
        body += [_titled_text("asked", task.get("question", "")), _titled_text("answered", task["answer"])]
    retries = "\n".join(f"at {format_duration(at)}: {error}" for at, _, error in task.get("retries", ()))
    body.append(_titled_text("tries that failed", retries))
    body += [_titled_text("input", task.get("input", "")), _titled_text("update", task.get("update", ""))]
    if task.get("error"):
        body.append(element("div", "", "✗ ", escape_text(task["error"])))
    style = f"margin:2px 0 6px 6px;padding:0 0 0 12px;border-left:1px solid {BORDER_COLOR}"
    return disclosure("".join(summary), element("div", style, *body))


def _task_facts(task: TaskRow) -> str:
    facts: list[str] = [task["status"]]
    if "ended" in task:
        facts.append(format_duration(task["ended"] - task["started"]))
        waiting_seconds = task.get("released", task["ended"]) - task["ended"]
        if waiting_seconds >= 0.001:
            facts.append(f"waited {format_duration(waiting_seconds)} for the superstep")
    if "tries" in task:
        facts.append(f"tried {task['tries']} times")
    if task.get("cached"):
        facts.append("cached")
    if join := describe_join(task.get("triggers", ())):
        facts.append(join)
    return " · ".join(facts)


def _diff(diff: list[list[str]]) -> str:
    items = []
    for key, before, after in diff:
        old = f"{escape_text(before)} → " if before else ""
        new = element("b", "", escape_text(after))
        line = element("code", f"{CODE_STYLE};{WRAP_STYLE}", escape_text(f"{key}: "), old, new)
        items.append(element("li", "margin:0", line))
    return element("ul", "list-style-type:none;margin:2px 0;padding:0", *items)


def _titled_text(title: str, text: str) -> str:
    if not text or text == "null":
        return ""
    body = element("pre", PRE_STYLE, escape_text(truncate(text, MAX_VALUE_CHARS)))
    return element("div", "", dim_text(title), body)
