"""The view as plain text: for a terminal, a log, a screen reader, and every viewer that knows nothing else."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document as outline
from lgstream.views.render.document import Card, Lane, Line, Writes
from lgstream.views.text.format import ICONS, count, cut, fit, middle, printable, seconds

ROOM = 26_000
"""Bytes of the whole."""

COLUMNS = 88
BAR = 30
ANSWER = 4_000
NOTES = 10


def render(tables: Tables) -> str:
    """A run as plain text of about :data:`ROOM` bytes at most, without control characters, lines wrapped."""
    run = outline.run(tables)
    icon = ICONS.get(run.get("status", "pending"), "")
    parts = [f"{icon} {_line(run.get('graph', 'graph'))}: {outline.said(run)} · {' · '.join(outline.figures(tables))}"]
    parts += outline.left_out(tables)
    parts += _told("Errors", [_failure(one) for one in outline.failures(tables)], ROOM // 6, "errors")
    asked = [_failure(one) for one in outline.questions(tables)]
    parts += _told("Waiting for an answer", asked, ROOM // 8, "questions")
    parts += _told("Answered", [_failure(one) for one in outline.answered(tables)], ROOM // 8, "questions")
    parts += _told("Nodes", _nodes(outline.lines(tables)), ROOM // 6, "rows")
    parts += _told("Output", [_card(one) for one in outline.cards(tables)], ROOM // 2, "cards", front=0.25)
    total = max(outline.until(tables), 1e-4)
    parts += _told("Timeline", [_lane(lane, total) for lane in outline.lanes(tables)], ROOM // 8, "lanes")
    state = [_wrapped(f"{key}: {value}", "  ") for key, value in outline.final(tables).items()]
    parts += _told("State", state, ROOM // 8, "keys")
    return "\n\n".join(parts)


def _told(name: str, items: list[str], room: int, noun: str, front: float = 0.75) -> Iterator[str]:
    if not items:
        return
    head, more, tail = fit(items, room, str, front)
    note = [f"  … {more:,} more {noun} left out …"] if more else []
    yield "\n".join([name, *head, *note, *tail])


def _failure(one: outline.Failure) -> str:
    where = f"  {_line(one.where)}\n" if one.where else ""
    detail = f"\n{textwrap.indent(printable(one.detail), '    ')}" if one.detail else ""
    return f"{where}{_wrapped(one.line, '  ')}{detail}"


def _nodes(lines: list[Line]) -> list[str]:
    """One line a row: icon and name, then the figures in a column."""
    names = [f"{'  ' * (line.depth + 1)}{ICONS.get(line.row.get('status', ''), '')} {_name(line)}" for line in lines]
    wide = max((len(name) for name in names), default=0)
    told = zip(names, lines, strict=True)
    return [
        f"{'  ' * (line.depth + 1)}… {line.hidden:,} more rows left out …"
        if line.hidden
        else f"{name:<{wide}}  {' · '.join(outline.row_figures(line.row))}"
        for name, line in told
    ]


def _name(line: Line) -> str:
    return _line(line.row.get("name", ""))[:40]


def _card(one: Card | Writes) -> str:
    if isinstance(one, Writes):
        notes = [_wrapped(cut(note["text"], 400), "    ") for note in one.notes]
        if len(notes) > 2 * NOTES:
            notes = [*notes[:NOTES], f"    … {len(notes) - 2 * NOTES:,} more writes left out …", *notes[-NOTES:]]
        return "\n".join([f"  {_line(one.notes[0]['path'])} (custom, {count(len(one.notes), 'write')})", *notes])
    call = one.call
    tags = "".join(f" [{_line(tag)}]" for tag in call.get("tags", ()))
    parts = [f"  {_line(call.get('path', ''))} ({_line(' · '.join(outline.call_figures(call)))}){tags}"]
    if call.get("reasoning"):
        parts.append(f"    (reasoning: {count(len(call['reasoning']), 'character')})")
    begin, hidden, end = middle(outline.answered_call(call), ANSWER)
    parts += [_wrapped(begin, "    ")] if begin else []
    parts += [f"    … {hidden:,} characters left out …", _wrapped(end, "    ")] if hidden else []
    for made in call.get("tool_calls", ()):
        parts.append(_wrapped(cut(outline.called(made), 1_000), "    "))
        if answer := one.answers.get(made["id"]):
            parts.append(_wrapped(f"→ {cut(answer.get('text', ''), 1_500)}", "    "))
    if call.get("error"):
        parts.append(_wrapped(f"✗ {call['error']}", "    "))
    return "\n".join(parts)


def _lane(lane: Lane, total: float) -> str:
    """A lane: ``=`` while a task runs, ``.`` while it waits for the superstep to end, then the same in figures."""
    if lane.line.hidden:
        return f"  … {lane.line.hidden:,} more lanes left out …"
    bar = [" "] * BAR
    for task in lane.tasks[:1000]:
        end = task.get("ended", total)
        for mark, start, stop in ((".", end, task.get("released", end)), ("=", task["started"], end)):
            first = min(int(start / total * BAR), BAR - 1)
            last = min(max(round(stop / total * BAR), first + 1), BAR)
            if mark == "=" or stop - start > total / BAR:
                bar[first:last] = [mark] * (last - first)
    name = f"{'  ' * max(lane.line.depth - 1, 0)}{_name(lane.line)}"[:24]
    first_task, times = lane.tasks[0], f" in {len(lane.tasks)} visits" if len(lane.tasks) > 1 else ""
    spent = sum(task.get("ended", total) - task["started"] for task in lane.tasks)
    return f"  {name:<24} |{''.join(bar)}| from {seconds(first_task['started'])} for {seconds(spent)}{times}"


def _line(words: str) -> str:
    return " ".join(printable(words).split())


def _wrapped(words: str, indent: str) -> str:
    """``words`` line by line, long lines wrapped, all indented."""
    lines = printable(words).expandtabs(4).rstrip("\n").split("\n")
    width = COLUMNS - len(indent)
    out = [part for line in lines for part in (_parts(line, width) if len(line) > width else [line])]
    return "\n".join(f"{indent}{line}" if line else "" for line in out)


def _parts(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, break_on_hyphens=False, replace_whitespace=False, drop_whitespace=True)
