"""The view as Markdown, for viewers and exporters that want it. Texts of the run stand in code fences, untouched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document as outline
from lgstream.views.render.document import Card, Line, Writes
from lgstream.views.text.format import ICONS, count, cut, fit, middle, printable

ROOM = 36_000
"""Bytes of the whole."""

ANSWER = 6_000
NOTES = 20
SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$-])")


def render(tables: Tables) -> str:
    """A run as Markdown of at most :data:`ROOM` bytes, give or take a heading; what is left out is said to be."""
    run = outline.run(tables)
    icon = ICONS.get(run.get("status", "pending"), "")
    name = _plain(run.get("graph", "graph"))
    parts = [f"**{icon} {name}: {outline.said(run)}**  \n{' · '.join(outline.figures(tables))}"]
    parts += [f"*{_plain(line)}*" for line in outline.left_out(tables)]
    parts += _told("Errors", [_failure(one) for one in outline.failures(tables)], ROOM // 6, "errors")
    asked = [_failure(one) for one in outline.questions(tables)]
    parts += _told("Waiting for an answer", asked, ROOM // 6, "questions")
    parts += _told("Answered", [_failure(one) for one in outline.answered(tables)], ROOM // 8, "questions")
    parts += _told("Nodes", [_node(line) for line in outline.lines(tables)], ROOM // 6, "rows", gap="\n")
    parts += _told("Output", [_card(one) for one in outline.cards(tables)], ROOM // 2, "cards", front=0.25)
    state = [f"- **{_plain(key)}**:\n{_indented(_fenced(value))}" for key, value in outline.final(tables).items()]
    parts += _told("State", state, ROOM // 6, "keys", gap="\n")
    return "\n\n".join(parts) + "\n"


def _told(name: str, items: list[str], room: int, noun: str, gap: str = "\n\n", front: float = 0.75) -> Iterator[str]:
    if not items:
        return
    head, more, tail = fit(items, room, str, front)
    note = [f"*… {more:,} more {noun} left out …*"] if more else []
    yield f"##### {name}"
    yield gap.join([*head, *note, *tail]) if gap != "\n" or not more else "\n".join([*head, f"- {note[0]}", *tail])


def _failure(one: outline.Failure) -> str:
    where = [f"**{_plain(one.where)}**"] if one.where else []
    detail = [_fenced(one.detail)] if one.detail else []
    return "\n\n".join([*where, _fenced(one.line), *detail])


def _node(line: Line) -> str:
    indent = "  " * line.depth
    if line.hidden:
        return f"{indent}- *… {line.hidden:,} more rows left out …*"
    icon = ICONS.get(line.row.get("status", "pending"), "")
    return f"{indent}- {icon} {_plain(line.row['name'])} ({' · '.join(outline.row_figures(line.row))})"


def _card(one: Card | Writes) -> str:
    if isinstance(one, Writes):
        notes = [cut(note["text"], 400) for note in one.notes]
        if len(notes) > 2 * NOTES:
            notes = [*notes[:NOTES], f"… {len(notes) - 2 * NOTES:,} more writes left out …", *notes[-NOTES:]]
        title = f"**{_plain(one.notes[0]['path'])}** custom, {count(len(one.notes), 'write')}"
        return f"{title}\n\n{_fenced(chr(10).join(notes))}"
    call = one.call
    parts = [f"**{_plain(call.get('path', ''))}** {_plain(' · '.join(outline.call_figures(call)))}"]
    if words := outline.answered_call(call):
        parts.append(_fenced(_bounded(words), "markdown" if call["role"] != "tool" else ""))
    for made in call.get("tool_calls", ()):
        answer = one.answers.get(made["id"])
        line = cut(outline.called(made), 1_000)
        parts.append(_fenced(f"{line}\n→ {cut(answer.get('text', ''), 1_500)}" if answer else line))
    if call.get("reasoning"):
        parts.append(f"*reasoning: {count(len(call['reasoning']), 'character')}*")
    if call.get("error"):
        parts.append(f"✗ {_plain(call['error'])}")
    return "\n\n".join(parts)


def _bounded(words: str) -> str:
    begin, hidden, end = middle(words, ANSWER)
    return f"{begin}\n\n… {hidden:,} characters left out …\n\n{end}" if hidden else begin


def _plain(words: str) -> str:
    """``words`` as Markdown that shows just them, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(printable(words).split()))


def _fenced(words: str, kind: str = "") -> str:
    """``words`` as a code block whose fence they cannot close."""
    words = printable(words).rstrip("\n")
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{kind}\n{words}\n{fence}"


def _indented(words: str) -> str:
    return "\n".join(f"  {line}" for line in words.split("\n"))
