"""A run as plain text: for a terminal, a log, a screen reader, and every viewer without a richer form."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from lgstream.inspection.text import replace_controls, truncate
from lgstream.views.fold.tables import Tables
from lgstream.views.render import document
from lgstream.views.render.document import CallCard, CustomWrites, Notice, TimelineLane, TreeLine
from lgstream.views.text.format import STATUS_ICONS, fit_items, format_count, format_duration, truncate_middle

T = TypeVar("T")

MAX_TEXT_BYTES = 26_000
LINE_COLUMNS = 88
BAR_COLUMNS = 30
MAX_ANSWER_CHARS = 4_000

MAX_WRITES_PER_END = 10
"""Custom writes of one group that are shown of its beginning, and of its end."""


REPLACED_LATER = (
    "When the run ends, its output takes the place of this text. If the text is still here, the notebook was saved "
    "before that, or its kernel has stopped: run the cell again."
)


def render_live_text(tables: Tables, name: str, remark: str = REPLACED_LATER) -> str:
    """Render what stands for a live view where the view itself cannot be shown.

    Args:
        tables: the rows of the run so far.
        name: the name of the graph or of the panel, if the run has not started.
        remark: what to do if the run had not ended when this was rendered.

    Returns:
        The run as text; with the remark, if it has not ended.
    """
    status = document.run_row(tables).get("status", "pending")
    if status in ("done", "failed", "stopped"):
        return render_text(tables)
    rendered = render_text(tables) if status != "pending" else f"{_one_line(name)}: the live view of a run."
    return f"{rendered}\n\n{_wrap(remark, '')}"


def render_text(tables: Tables) -> str:
    """Render a run as plain text of about :data:`MAX_TEXT_BYTES` bytes at most, wrapped, without control characters."""
    run = document.run_row(tables)
    icon = STATUS_ICONS.get(run.get("status", "pending"), "")
    facts = " · ".join(document.run_facts(tables))
    parts = [f"{icon} {_one_line(run.get('graph', 'graph'))}: {document.status_text(run)} · {facts}"]
    parts += document.omission_notices(tables)
    errors = [_notice(notice) for notice in document.error_notices(tables)]
    parts += _section("Errors", errors, MAX_TEXT_BYTES // 6, "errors")
    questions = [_notice(notice) for notice in document.question_notices(tables)]
    parts += _section("Waiting for an answer", questions, MAX_TEXT_BYTES // 8, "questions")
    answers = [_notice(notice) for notice in document.answer_notices(tables)]
    parts += _section("Answered", answers, MAX_TEXT_BYTES // 8, "questions")
    parts += _section("Nodes", _tree_lines(document.tree_lines(tables)), MAX_TEXT_BYTES // 6, "rows")
    parts += _section("Output", document.output_cards(tables), MAX_TEXT_BYTES // 2, "cards", _card, first_share=0.25)
    total_seconds = max(document.elapsed_seconds(tables), 1e-4)
    lanes = [_lane(lane, total_seconds) for lane in document.timeline_lanes(tables)]
    parts += _section("Timeline", lanes, MAX_TEXT_BYTES // 8, "lanes")
    state = [_wrap(f"{key}: {value}", "  ") for key, value in document.final_state(tables).items()]
    parts += _section("State", state, MAX_TEXT_BYTES // 8, "keys")
    return "\n\n".join(parts)


def _section(
    heading: str,
    items: Sequence[T],
    max_bytes: int,
    noun: str,
    render: Callable[[T], str] = str,
    first_share: float = 0.75,
) -> Iterator[str]:
    """Render a heading and as many of ``items`` as fit; ``render`` is called for few more than these."""
    if not items:
        return
    first, hidden, last = fit_items(items, max_bytes, render, first_share)
    gap = [f"  … {hidden:,} more {noun} left out …"] if hidden else []
    yield "\n".join([heading, *first, *gap, *last])


def _notice(notice: Notice) -> str:
    where = f"  {_one_line(notice.where)}\n" if notice.where else ""
    detail = f"\n{textwrap.indent(replace_controls(notice.detail), '    ')}" if notice.detail else ""
    return f"{where}{_wrap(notice.line, '  ')}{detail}"


def _tree_lines(lines: list[TreeLine]) -> list[str]:
    """Return a text line for each row: icon and name, then its figures in a column."""
    indents = ["  " * (line.depth + 1) for line in lines]
    icons = [STATUS_ICONS.get(line.row.get("status", ""), "") for line in lines]
    names = [f"{indent}{icon} {_node_name(line)}" for indent, icon, line in zip(indents, icons, lines, strict=True)]
    name_columns = max((len(name) for name in names), default=0)
    return [
        f"{indent}… {line.hidden:,} more rows left out …"
        if line.hidden
        else f"{name:<{name_columns}}  {' · '.join(document.tree_row_facts(line.row))}"
        for indent, name, line in zip(indents, names, lines, strict=True)
    ]


def _node_name(line: TreeLine) -> str:
    return _one_line(line.row.get("name", ""))[:40]


def _card(card: CallCard | CustomWrites) -> str:
    return _custom_writes(card) if isinstance(card, CustomWrites) else _call_card(card)


def _custom_writes(writes: CustomWrites) -> str:
    lines = [_wrap(text, "    ") for text in document.shown_writes(writes, MAX_WRITES_PER_END)]
    title = f"  {_one_line(writes.notes[0]['path'])} (custom, {format_count(writes.write_count, 'write')})"
    return "\n".join([title, *lines])


def _call_card(card: CallCard) -> str:
    call = card.call
    tags = "".join(f" [{_one_line(tag)}]" for tag in call.get("tags", ()))
    parts = [f"  {_one_line(call.get('path', ''))} ({_one_line(' · '.join(document.call_facts(call)))}){tags}"]
    if call.get("reasoning"):
        parts.append(f"    (reasoning: {format_count(len(call['reasoning']), 'character')})")
    beginning, hidden, end = truncate_middle(document.card_text(call), MAX_ANSWER_CHARS)
    parts += [_wrap(beginning, "    ")] if beginning else []
    parts += [f"    … {hidden:,} characters left out …", _wrap(end, "    ")] if hidden else []
    for tool_call in call.get("tool_calls", ()):
        parts.append(_wrap(truncate(document.format_tool_call(tool_call), 1_000), "    "))
        if answer := card.answers.get(tool_call["id"]):
            parts.append(_wrap(f"→ {truncate(answer.get('text', ''), 1_500)}", "    "))
    if call.get("error"):
        parts.append(_wrap(f"✗ {call['error']}", "    "))
    return "\n".join(parts)


def _lane(lane: TimelineLane, total_seconds: float) -> str:
    """Draw a lane: ``=`` while a task runs, ``.`` while it waits for its superstep to end; then the same in figures."""
    if lane.line.hidden:
        return f"  … {lane.line.hidden:,} more lanes left out …"
    bar = [" "] * BAR_COLUMNS
    for task in lane.tasks[:1000]:
        ended = task.get("ended", total_seconds)
        waiting, running = (".", ended, task.get("released", ended)), ("=", task["started"], ended)
        for character, start, end in (waiting, running):
            first = min(int(start / total_seconds * BAR_COLUMNS), BAR_COLUMNS - 1)
            last = min(max(round(end / total_seconds * BAR_COLUMNS), first + 1), BAR_COLUMNS)
            if character == "=" or end - start > total_seconds / BAR_COLUMNS:
                bar[first:last] = [character] * (last - first)
    name = f"{'  ' * max(lane.line.depth - 1, 0)}{_node_name(lane.line)}"[:24]
    visits = f" in {len(lane.tasks)} visits" if len(lane.tasks) > 1 else ""
    started = format_duration(lane.tasks[0]["started"])
    busy = format_duration(sum(task.get("ended", total_seconds) - task["started"] for task in lane.tasks))
    return f"  {name:<24} |{''.join(bar)}| from {started} for {busy}{visits}"


def _one_line(text: str) -> str:
    return " ".join(replace_controls(text).split())


def _wrap(text: str, indent: str) -> str:
    """Indent ``text`` and wrap its long lines."""
    lines = replace_controls(text).expandtabs(4).rstrip("\n").split("\n")
    columns = LINE_COLUMNS - len(indent)
    wrapped = [part for line in lines for part in (_split_line(line, columns) if len(line) > columns else [line])]
    return "\n".join(f"{indent}{line}" if line else "" for line in wrapped)


def _split_line(line: str, columns: int) -> list[str]:
    return textwrap.wrap(line, columns, break_on_hyphens=False, replace_whitespace=False, drop_whitespace=True)
