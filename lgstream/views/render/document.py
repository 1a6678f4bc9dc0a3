"""The content of a static view in reading order, independent of its markup."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from lgstream.inspection.text import truncate
from lgstream.views.fold.tables import Tables
from lgstream.views.rows import CallRow, NoteRow, RunRow, TaskRow, TreeRow, count_writes
from lgstream.views.text.format import MULTIPLICATION_SIGN, format_count, format_dollars, format_duration

TIME_FIELDS = ("started", "first", "ended", "at")

MAX_WRITE_CHARS = 400
"""Characters of a custom write that are shown."""

MAX_SIBLINGS = 32
"""Number of rows with the same parent up to which all of them are shown."""


class TreeLine(NamedTuple):
    """A row of the tree, ``depth`` levels below the root; or, with an empty row, a gap of ``hidden`` rows."""

    depth: int
    id: str
    row: TreeRow
    hidden: int = 0


class TimelineLane(NamedTuple):
    """A lane of the timeline: a line of the tree and its tasks. A gap has no tasks."""

    line: TreeLine
    tasks: list[TaskRow]


class CallCard(NamedTuple):
    """A model call or a message, with the tools' answers by the ids of the tool calls."""

    at: float
    line: TreeRow
    call: CallRow
    answers: dict[str, CallRow]


class CustomWrites(NamedTuple):
    """Consecutive custom writes of one task."""

    at: float
    line: TreeRow
    notes: list[NoteRow]

    @property
    def write_count(self) -> int:
        """The number of writes."""
        return count_writes(self.notes)


class Notice(NamedTuple):
    """An error or a question: its place in the graph, one line, and details such as a traceback."""

    where: str
    line: str
    detail: str


def run_row(tables: Tables) -> RunRow:
    """Return the row of the run; before its first event, a row with the status ``"pending"``."""
    rows: dict[str, Any] = tables["run"]
    row: RunRow = rows.get("run", {"graph": "graph", "status": "pending"})
    return row


def elapsed_seconds(tables: Tables) -> float:
    """Return the seconds from the start of the run to its end or, if it has none yet, to the latest time in any row."""
    row = run_row(tables)
    if "ended" in row and row.get("status") != "running":
        return row["ended"]
    if "saved_at" in row:
        return row["saved_at"]
    rows = (row for name, table in tables.items() if name != "run" for row in table.values())
    return max((float(row[name]) for row in rows for name in TIME_FIELDS if name in row), default=0.0)


def status_text(row: RunRow) -> str:
    """Return the status of the run in words."""
    status = row.get("status", "pending")
    if breakpoint_ := row.get("pause"):
        nodes = breakpoint_["before"]
        return f"at a breakpoint before {', '.join(nodes)}" if nodes else "at a breakpoint"
    if "saved_at" in row and status in ("pending", "running"):
        return "unfinished"
    return {"pending": "starting", "waiting": "waiting for an answer"}.get(status, status)


def omission_notices(tables: Tables) -> list[str]:
    """Return lines that name what a saved run lacks; an empty list for a complete run."""
    row = run_row(tables)
    lines = []
    if "saved_at" in row:
        lines.append(f"Saved {format_duration(row['saved_at'])} after the start of the run, before its end.")
    if omissions := row.get("left_out"):
        lines.append(f"Left out when the run was saved: {omissions}.")
    return lines


def run_facts(tables: Tables) -> list[str]:
    """Return elapsed time, superstep, calls, tokens, rate and cost of the run, as far as they are known."""
    row = run_row(tables)
    facts = [format_duration(elapsed_seconds(tables))]
    if "step" in row:
        facts.append(f"step {row['step']}")
    if row.get("calls"):
        facts.append(format_count(row["calls"], "call"))
    if row.get("tokens"):
        facts.append(format_count(row["tokens"], "token"))
    if row.get("rate"):
        facts.append(f"{row['rate']:,.0f} tok/s")
    if row.get("cost"):
        facts.append(format_dollars(row["cost"]))
    return facts


def tree_lines(tables: Tables) -> list[TreeLine]:
    """Return the tree depth first, siblings in their order.

    Of more than :data:`MAX_SIBLINGS` siblings the first, the last and the unusual ones are returned, with gaps between.
    """
    rows: dict[str, Any] = tables["tree"]
    children: dict[str, list[TreeLine]] = {}
    for row_id, row in sorted(rows.items(), key=lambda item: item[1].get("order", 0)):
        if row_id:  # a row with an empty id would be below itself
            children.setdefault(row.get("parent", ""), []).append(TreeLine(0, row_id, row))
    lines: list[TreeLine] = []
    stack = children.get("", [])[::-1]
    while stack:
        line = stack.pop()
        lines.append(line)
        if not line.hidden:
            selected = _select_siblings(children.get(line.id, []))
            stack.extend(child._replace(depth=line.depth + 1) for child in reversed(selected))
    return lines


def _select_siblings(siblings: list[TreeLine]) -> list[TreeLine]:
    """Return the first and last of many siblings and those that run, wait or failed, with gaps for the others."""
    if len(siblings) <= MAX_SIBLINGS:
        return siblings
    unusual = [index for index, line in enumerate(siblings) if line.row.get("status") not in ("done", "pending")]
    quarter = MAX_SIBLINGS // 4
    selected = {*range(2 * quarter), *range(len(siblings) - quarter, len(siblings)), *unusual[:quarter]}
    lines: list[TreeLine] = []
    hidden = 0
    for index, line in enumerate(siblings):
        if index not in selected:
            hidden += 1
            continue
        if hidden:
            lines.append(TreeLine(0, "", {}, hidden))
            hidden = 0
        lines.append(line)
    return lines


def tree_row_facts(row: TreeRow) -> list[str]:
    """Return status, visits, tokens and time of a row of the tree."""
    facts = [{"pending": "not reached"}.get(row["status"], row["status"])]
    if row.get("visits", 0) > 1:
        facts.append(f"{row['visits']}{MULTIPLICATION_SIGN}")
    if row.get("tokens"):
        facts.append(f"{row['tokens']:,} tok")
    if "busy" in row:
        facts.append(format_duration(row["busy"]))
    return facts


def timeline_lanes(tables: Tables) -> list[TimelineLane]:
    """Return a lane for each row of the tree that was visited, in the order of the tree."""
    tasks_by_row: dict[str, list[TaskRow]] = {}
    rows: Any = tables["task"].values()
    for task in rows:
        tasks_by_row.setdefault(task["row"], []).append(task)
    lanes: list[TimelineLane] = []
    for line in tree_lines(tables)[1:]:
        tasks = tasks_by_row.get(line.id)
        if tasks is None and line.row.get("visits"):  # the second subgraph of a task has no task of its own
            tasks = [
                {
                    "started": line.row["started"],
                    "ended": line.row.get("ended", elapsed_seconds(tables)),
                    "status": line.row["status"],
                }
            ]
        if tasks or line.hidden:
            lanes.append(TimelineLane(line, tasks or []))
    return lanes


def output_cards(tables: Tables) -> list[CallCard | CustomWrites]:
    """Return calls, messages and custom writes in the order of their start.

    A tool's answer is part of the card of the call that asked for it, if there is one.
    """
    tree: Any = tables["tree"]
    calls: Any = tables["call"]
    requested = {request["id"] for call in calls.values() for request in call.get("tool_calls", ()) if request["id"]}
    answers = {call["answers"]: call for call in calls.values() if call.get("answers") in requested}
    cards: list[CallCard | CustomWrites] = []
    for call in calls.values():
        if call.get("answers") not in requested:
            ids = (request["id"] for request in call.get("tool_calls", ()))
            call_answers = {call_id: answers[call_id] for call_id in ids if call_id in answers}
            cards.append(CallCard(call["started"], tree[call["row"]], call, call_answers))
    notes: Any = tables["note"].values()
    cards.extend(CustomWrites(note["at"], tree[note["row"]], [note]) for note in notes)
    cards.sort(key=lambda card: (card.at, isinstance(card, CallCard)))
    return _join_custom_writes(cards)


def _join_custom_writes(cards: list[CallCard | CustomWrites]) -> list[CallCard | CustomWrites]:
    joined: list[CallCard | CustomWrites] = []
    for card in cards:
        last = joined[-1] if joined else None
        if (
            isinstance(card, CustomWrites)
            and isinstance(last, CustomWrites)
            and last.notes[0]["task"] == card.notes[0]["task"]
        ):
            last.notes.extend(card.notes)
        else:
            joined.append(card)
    return joined


def shown_writes(writes: CustomWrites, per_end: int) -> list[str]:
    """Return the texts of the first and last ``per_end`` writes, and between them a line that counts the others."""
    notes = writes.notes
    hidden = count_writes(notes[per_end:-per_end]) if len(notes) > 2 * per_end else 0
    shown = [*notes[:per_end], *notes[-per_end:]] if hidden > 0 else notes
    texts = [truncate(note["text"], MAX_WRITE_CHARS) for note in shown]
    if hidden > 0:
        texts.insert(per_end, f"… {hidden:,} more writes left out …")
    return texts


def call_facts(call: CallRow) -> list[str]:
    """Return the model, tool or role of a card, its time to first token, rate, tokens and cost, as far as known."""
    facts = [call.get("model", "") or call.get("name", "") or call["role"]]
    if call["role"] == "tool":
        facts.append(f"tool, {call.get('status', 'success')}")
    if "first" in call:
        facts.append(f"first token {format_duration(call['first'] - call['started'])}")
        streaming_seconds = call.get("ended", call["first"]) - call["first"]
        if streaming_seconds > 0 and call.get("tokens"):
            facts.append(f"{call['tokens'] / streaming_seconds:,.0f} tok/s")
    if call.get("tokens"):
        facts.append(format_count(call["tokens"], "token"))
    if call.get("cost"):
        facts.append(format_dollars(call["cost"]))
    return facts


def format_tool_call(tool_call: dict[str, str]) -> str:
    """Format a tool call like Python: ``get_items(place="office")``; with raw arguments if they are not a JSON object.

    The latter is the case while the arguments are still being streamed.
    """
    try:
        arguments = json.loads(tool_call["args"])
    except ValueError:
        return f"{tool_call['name']}({tool_call['args']})"
    if not isinstance(arguments, dict):
        return f"{tool_call['name']}({tool_call['args']})"
    keywords = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return f"{tool_call['name']}({keywords})"


def card_text(call: CallRow) -> str:
    """Return the text of a card; for a tool that no model asked for, its call and its answer."""
    if call["role"] != "tool" or "args" not in call:
        return call.get("text", "")
    return f"{format_tool_call({'name': call.get('name', 'tool'), 'args': call['args']})}\n→ {call.get('text', '')}"


def error_notices(tables: Tables) -> list[Notice]:
    """Return the errors, each where it was raised, without the tasks that only passed on an error of a subgraph."""
    rows: Any = tables["task"]
    propagated = {(task["parent"], task["error"]) for task in rows.values() if "error" in task}
    notices = [
        Notice(_task_location(tables, task), task["error"], task.get("traceback", ""))
        for task_id, task in rows.items()
        if "error" in task and (task_id, task["error"]) not in propagated
    ]
    error = run_row(tables).get("error")
    if error and all(notice.line != error for notice in notices):
        notices.append(Notice("", error, ""))
    return notices


def question_notices(tables: Tables) -> list[Notice]:
    """Return the questions that wait for a human."""
    rows: Any = tables["task"].values()
    return [
        Notice(_task_location(tables, task), task["question"], "")
        for task in rows
        if task["status"] == "waiting" and "question" in task
    ]


def answer_notices(tables: Tables) -> list[Notice]:
    """Return the questions that were answered, each with its answer."""
    rows: Any = tables["task"].values()
    return [
        Notice(_task_location(tables, task), f"{task.get('question', '')}\n→ {task['answer']}", "")
        for task in rows
        if "answer" in task
    ]


def final_state(tables: Tables) -> dict[str, str]:
    """Return the last known state of the root graph; strings without their JSON quotes."""
    for row in reversed(tables["step"].values()):
        if row["row"] == "/" and "values" in row:
            return {key: _without_quotes(value) for key, value in row["values"].items()}
    return {}


def _without_quotes(json_text: str) -> str:
    try:
        value = json.loads(json_text)
    except ValueError:
        return json_text
    return value if isinstance(value, str) else json_text


def _task_location(tables: Tables, task: TaskRow) -> str:
    row = tables["tree"].get(task["row"], {})
    return f"{row.get('path', task['node'])}, step {task['step']}"


def visible_tasks(tables: Tables) -> tuple[list[tuple[str, TaskRow]], int]:
    """Return the tasks of the rows that :func:`tree_lines` returns, and the number of all other tasks.

    Each task comes with its place in the graph, in the order of their start.
    """
    visible_rows = {line.id for line in tree_lines(tables)}
    rows: Any = tables["task"].values()
    tasks = [(_task_location(tables, task), task) for task in rows if task["row"] in visible_rows]
    return tasks, len(tables["task"]) - len(tasks)
