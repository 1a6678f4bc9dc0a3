"""What the static forms say, before any of them says it: the tables put in reading order."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from lgstream.views.fold.tables import Tables
from lgstream.views.rows import CallRow, NoteRow, RunRow, TaskRow, TreeRow
from lgstream.views.text.format import TIMES, count, dollars, seconds

TIMED = ("started", "first", "ended", "at")

SIBLINGS = 32
"""Rows below one row up to which all are shown."""


class Line(NamedTuple):
    """A row of the tree, ``depth`` levels below the root; or ``hidden`` rows that are not shown, and an empty row."""

    depth: int
    id: str
    row: TreeRow
    hidden: int = 0


class Lane(NamedTuple):
    """A row of the timeline: the tasks of one row of the tree; none for a line of hidden rows."""

    line: Line
    tasks: list[TaskRow]


class Card(NamedTuple):
    """A model call or a message, with what the tools answered to its tool calls (by the calls' ids)."""

    at: float
    line: TreeRow
    call: CallRow
    answers: dict[str, CallRow]


class Writes(NamedTuple):
    """Custom writes of one task with nothing else in between."""

    at: float
    line: TreeRow
    notes: list[NoteRow]


class Failure(NamedTuple):
    """What went wrong, or what is asked: where, in one line, and at length."""

    where: str
    line: str
    detail: str


def run(tables: Tables) -> RunRow:
    """The run's row; a run without events is pending."""
    rows: dict[str, Any] = tables["run"]
    row: RunRow = rows.get("run", {"graph": "graph", "status": "pending"})
    return row


def until(tables: Tables) -> float:
    """Seconds from the start to the end of the run, or to the last thing known of it."""
    row = run(tables)
    if "ended" in row and row.get("status") != "running":
        return row["ended"]
    rows = (row for name, table in tables.items() if name != "run" for row in table.values())
    return max((float(row[name]) for row in rows for name in TIMED if name in row), default=0.0)


def said(row: RunRow) -> str:
    """The run's status in words."""
    status = row.get("status", "pending")
    if pause := row.get("pause"):
        return f"at a breakpoint before {', '.join(pause['before'])}" if pause["before"] else "at a breakpoint"
    return {"pending": "starting", "waiting": "waiting for an answer"}.get(status, status)


def left_out(tables: Tables) -> list[str]:
    """What a saved run does not tell; nothing of one that is whole."""
    told = run(tables).get("left_out")
    return [f"Left out when the run was saved: {told}."] if told else []


def figures(tables: Tables) -> list[str]:
    """Elapsed time, superstep, calls, tokens, rate: those that there are."""
    row = run(tables)
    told = [seconds(until(tables))]
    if "step" in row:
        told.append(f"step {row['step']}")
    if row.get("calls"):
        told.append(count(row["calls"], "call"))
    if row.get("tokens"):
        told.append(count(row["tokens"], "token"))
    if row.get("rate"):
        told.append(f"{row['rate']:,.0f} tok/s")
    if row.get("cost"):
        told.append(dollars(row["cost"]))
    return told


def lines(tables: Tables) -> list[Line]:
    """The tree, depth first, siblings in their order; of more than :data:`SIBLINGS` of them the telling ones."""
    rows: dict[str, Any] = tables["tree"]
    below: dict[str, list[Line]] = {}
    for row_id, row in sorted(rows.items(), key=lambda item: item[1].get("order", 0)):
        below.setdefault(row.get("parent", ""), []).append(Line(0, row_id, row))
    out: list[Line] = []
    rest = below.get("", [])[::-1]
    while rest:
        line = rest.pop()
        out.append(line)
        if not line.hidden:
            children = _telling(below.get(line.id, []))
            rest.extend(child._replace(depth=line.depth + 1) for child in reversed(children))
    return out


def _telling(siblings: list[Line]) -> list[Line]:
    """The first and the last of many siblings, and those that did not end well; gaps are lines of hidden rows."""
    if len(siblings) <= SIBLINGS:
        return siblings
    odd = [at for at, line in enumerate(siblings) if line.row.get("status") not in ("done", "pending")]
    some = SIBLINGS // 4
    kept = {*range(2 * some), *range(len(siblings) - some, len(siblings)), *odd[:some]}
    out: list[Line] = []
    hidden = 0
    for at, line in enumerate(siblings):
        if at not in kept:
            hidden += 1
            continue
        if hidden:
            out.append(Line(0, "", {}, hidden))
            hidden = 0
        out.append(line)
    return out


def row_figures(row: TreeRow) -> list[str]:
    """Status, visits, tokens and time of a row of the tree."""
    told = [{"pending": "not reached"}.get(row["status"], row["status"])]
    if row.get("visits", 0) > 1:
        told.append(f"{row['visits']}{TIMES}")
    if row.get("tokens"):
        told.append(f"{row['tokens']:,} tok")
    if "busy" in row:
        told.append(seconds(row["busy"]))
    return told


def lanes(tables: Tables) -> list[Lane]:
    """The timeline: the rows of the tree that were reached, in the tree's order."""
    tasks: dict[str, list[TaskRow]] = {}
    rows: Any = tables["task"].values()
    for task in rows:
        tasks.setdefault(task["row"], []).append(task)
    out: list[Lane] = []
    for line in lines(tables)[1:]:
        own = tasks.get(line.id)
        if own is None and line.row.get("visits"):  # a task's second subgraph: its row stands for what it did
            own = [
                {
                    "started": line.row["started"],
                    "ended": line.row.get("ended", until(tables)),
                    "status": line.row["status"],
                }
            ]
        if own or line.hidden:
            out.append(Lane(line, own or []))
    return out


def cards(tables: Tables) -> list[Card | Writes]:
    """Calls, messages and custom writes in the order of their beginning."""
    tree: Any = tables["tree"]
    calls: Any = tables["call"]
    asked = {made["id"] for call in calls.values() for made in call.get("tool_calls", ()) if made["id"]}
    answers = {call["answers"]: call for call in calls.values() if call.get("answers") in asked}
    out: list[Card | Writes] = []
    for call in calls.values():
        if call.get("answers") not in asked:
            own = {made["id"]: answers[made["id"]] for made in call.get("tool_calls", ()) if made["id"] in answers}
            out.append(Card(call["started"], tree[call["row"]], call, own))
    notes: Any = tables["note"].values()
    out.extend(Writes(note["at"], tree[note["row"]], [note]) for note in notes)
    out.sort(key=lambda card: (card.at, isinstance(card, Card)))
    return _gathered(out)


def _gathered(told: list[Card | Writes]) -> list[Card | Writes]:
    out: list[Card | Writes] = []
    for one in told:
        last = out[-1] if out else None
        if isinstance(one, Writes) and isinstance(last, Writes) and last.notes[0]["task"] == one.notes[0]["task"]:
            last.notes.extend(one.notes)
        else:
            out.append(one)
    return out


def call_figures(call: CallRow) -> list[str]:
    """Who speaks, and at what pace."""
    told = [call.get("model", "") or call.get("name", "") or call["role"]]
    if call["role"] == "tool":
        told.append(f"tool, {call.get('status', 'success')}")
    if "first" in call:
        told.append(f"first token {seconds(call['first'] - call['started'])}")
        spent = call.get("ended", call["first"]) - call["first"]
        if spent > 0 and call.get("tokens"):
            told.append(f"{call['tokens'] / spent:,.0f} tok/s")
    if call.get("tokens"):
        told.append(count(call["tokens"], "token"))
    if call.get("cost"):
        told.append(dollars(call["cost"]))
    return told


def called(made: dict[str, str]) -> str:
    """A tool call as it would be written: ``get_items(place="office")``; raw while its JSON is not whole."""
    try:
        arguments = json.loads(made["args"])
    except ValueError:
        return f"{made['name']}({made['args']})"
    if not isinstance(arguments, dict):
        return f"{made['name']}({made['args']})"
    given = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return f"{made['name']}({given})"


def answered_call(call: CallRow) -> str:
    """What was said; of a tool that was called by hand, with what it was given."""
    if call["role"] != "tool" or "args" not in call:
        return call.get("text", "")
    return f"{called({'name': call.get('name', 'tool'), 'args': call['args']})}\n→ {call.get('text', '')}"


def failures(tables: Tables) -> list[Failure]:
    """The errors, each where it was raised: a task that only passes on an error of a task inside it is left out."""
    rows: Any = tables["task"]
    passed_on = {(task["parent"], task["error"]) for task in rows.values() if "error" in task}
    out = [
        Failure(_path(tables, task), task["error"], task.get("traceback", ""))
        for task_id, task in rows.items()
        if "error" in task and (task_id, task["error"]) not in passed_on
    ]
    error = run(tables).get("error")
    if error and all(failure.line != error for failure in out):
        out.append(Failure("", error, ""))
    return out


def questions(tables: Tables) -> list[Failure]:
    """What waits for a human."""
    rows: Any = tables["task"].values()
    return [
        Failure(_path(tables, task), task["question"], "")
        for task in rows
        if task["status"] == "waiting" and "question" in task
    ]


def answered(tables: Tables) -> list[Failure]:
    """What was asked, with the answers that the run went on with."""
    rows: Any = tables["task"].values()
    return [
        Failure(_path(tables, task), f"{task.get('question', '')}\n→ {task['answer']}", "")
        for task in rows
        if "answer" in task
    ]


def final(tables: Tables) -> dict[str, str]:
    """The last known state of the root graph, a string value without its JSON quotes."""
    for row in reversed(tables["step"].values()):
        if row["row"] == "/" and "values" in row:
            return {key: _spoken(value) for key, value in row["values"].items()}
    return {}


def _spoken(value: str) -> str:
    try:
        plain = json.loads(value)
    except ValueError:
        return value
    return plain if isinstance(plain, str) else value


def _path(tables: Tables, task: TaskRow) -> str:
    row = tables["tree"].get(task["row"], {})
    return f"{row.get('path', task['node'])}, step {task['step']}"


def tasks(tables: Tables) -> tuple[list[tuple[str, TaskRow]], int]:
    """The tasks of the rows that :func:`lines` shows, each with its place, by their start; and how many others."""
    shown = {line.id for line in lines(tables)}
    rows: Any = tables["task"].values()
    told = [(_path(tables, task), task) for task in rows if task["row"] in shown]
    return told, len(tables["task"]) - len(told)
