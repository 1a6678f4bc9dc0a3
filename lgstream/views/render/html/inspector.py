"""Every task, to be opened: what it was given, what it changed, what it wrote; and the state at the end."""

from __future__ import annotations

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document as outline
from lgstream.views.render.html.markup import (
    DIM,
    HIDDEN,
    LINE,
    MONO,
    PRE,
    dim,
    folded,
    icon,
    left_out,
    panel,
    tag,
    text,
)
from lgstream.views.rows import TaskRow
from lgstream.views.text.format import cut, fit, seconds, waited_for

CODE = f"{MONO};font-size:12px;background-color:transparent;padding:0"
WRAP = "white-space:pre-wrap;overflow-wrap:break-word"

PART = 1_000
"""Characters of an input or an update that are shown here."""


def inspector(tables: Tables, room: int) -> str:
    """The tasks in the order of their start."""
    tasks, hidden = outline.tasks(tables)
    if not tasks:
        return ""
    head, more, tail = fit(tasks, room, _task, front=0.5)
    return panel("Tasks", *head, left_out(more, "tasks"), *tail, left_out(hidden, "tasks of rows that are not shown"))


def state(tables: Tables, room: int) -> str:
    """The last known state of the graph, key by key."""
    values = outline.final(tables)
    if not values:
        return ""
    run = outline.run(tables)
    name = "Final state" if run.get("status") == "done" else "State"

    def write(pair: tuple[str, str]) -> str:
        key = tag("strong", "flex:0 0 30%;max-width:150px;font-weight:600;overflow-wrap:break-word", text(pair[0]))
        value = tag("code", f"{CODE};{WRAP};flex:1 1 0;min-width:0", text(pair[1]))
        return tag("li", "display:flex;gap:8px;margin:0 0 3px 0", key, tag("span", HIDDEN, ": "), value)

    head, more, tail = fit(list(values.items()), room, write, front=1.0)
    items = tag("ul", "list-style-type:none;margin:0;padding:0;font-size:12px", *head, *tail)
    return panel(name, items, left_out(more, "keys"))


def _task(one: tuple[str, TaskRow]) -> str:
    where, task = one
    told = [icon(task["status"]), text(where), " ", dim(_figures(task))]
    if task.get("diff"):
        key, before, after = task["diff"][0]
        change = f"{key}: {cut(before, 40)} → {cut(after, 80)}" if before else f"{key}: {cut(after, 100)}"
        told += [" ", tag("code", f"{CODE};{DIM};white-space:nowrap", text(change))]
    body = [_diff(task["diff"])] if task.get("diff") else []
    if "answer" in task:
        body += [_long("asked", task.get("question", "")), _long("answered", task["answer"])]
    failed = "\n".join(f"at {seconds(at)}: {error}" for at, _, error in task.get("retries", ()))
    body.append(_long("tries that failed", failed))
    body += [_long("input", task.get("input", "")), _long("update", task.get("update", ""))]
    if task.get("error"):
        body.append(tag("div", "", "✗ ", text(task["error"])))
    inner = tag("div", f"margin:2px 0 6px 6px;padding:0 0 0 12px;border-left:1px solid {LINE}", *body)
    return folded("".join(told), inner)


def _figures(task: TaskRow) -> str:
    told: list[str] = [task["status"]]
    if "ended" in task:
        told.append(seconds(task["ended"] - task["started"]))
        waited = task.get("released", task["ended"]) - task["ended"]
        if waited >= 0.001:
            told.append(f"waited {seconds(waited)} for the superstep")
    if "tries" in task:
        told.append(f"tried {task['tries']} times")
    if task.get("cached"):
        told.append("cached")
    if before := waited_for(task.get("triggers", ())):
        told.append(before)
    return " · ".join(told)


def _diff(diff: list[list[str]]) -> str:
    items = []
    for key, before, after in diff:
        change = f"{text(before)} → " if before else ""
        items.append(
            tag("li", "margin:0", tag("code", f"{CODE};{WRAP}", text(f"{key}: "), change, tag("b", "", text(after))))
        )
    return tag("ul", "list-style-type:none;margin:2px 0;padding:0", *items)


def _long(name: str, words: str) -> str:
    if not words or words == "null":
        return ""
    return tag("div", "", dim(name), tag("pre", PRE, text(cut(words, PART))))
