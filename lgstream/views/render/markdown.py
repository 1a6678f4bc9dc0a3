"""A run as Markdown, for viewers and exporters that prefer it. Texts of the run are put in code fences, unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from lgstream.inspection.text import replace_controls, truncate
from lgstream.views.fold.tables import Tables
from lgstream.views.render import document
from lgstream.views.render.document import CallCard, CustomWrites, Notice, TreeLine
from lgstream.views.text.format import STATUS_ICONS, fit_items, format_count, truncate_middle

T = TypeVar("T")

MAX_MARKDOWN_BYTES = 36_000
MAX_ANSWER_CHARS = 6_000

MAX_WRITES_PER_END = 20
"""Custom writes of one group that are shown of its beginning, and of its end."""

MARKDOWN_CHARACTERS = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$-])")


def render_markdown(tables: Tables) -> str:
    """Render a run as Markdown of at most :data:`MAX_MARKDOWN_BYTES` bytes, not counting the headings.

    Whatever is left out for lack of space is replaced by a line that says so.
    """
    run = document.run_row(tables)
    icon = STATUS_ICONS.get(run.get("status", "pending"), "")
    graph = _escaped(run.get("graph", "graph"))
    parts = [f"**{icon} {graph}: {document.status_text(run)}**  \n{' · '.join(document.run_facts(tables))}"]
    parts += [f"*{_escaped(line)}*" for line in document.omission_notices(tables)]
    errors = [_notice(notice) for notice in document.error_notices(tables)]
    parts += _section("Errors", errors, MAX_MARKDOWN_BYTES // 6, "errors")
    questions = [_notice(notice) for notice in document.question_notices(tables)]
    parts += _section("Waiting for an answer", questions, MAX_MARKDOWN_BYTES // 6, "questions")
    answers = [_notice(notice) for notice in document.answer_notices(tables)]
    parts += _section("Answered", answers, MAX_MARKDOWN_BYTES // 8, "questions")
    nodes = [_tree_line(line) for line in document.tree_lines(tables)]
    parts += _section("Nodes", nodes, MAX_MARKDOWN_BYTES // 6, "rows", separator="\n")
    cards = document.output_cards(tables)
    parts += _section("Output", cards, MAX_MARKDOWN_BYTES // 2, "cards", render=_card, first_share=0.25)
    final_state = document.final_state(tables)
    state = [f"- **{_escaped(key)}**:\n{_indent(_code_block(value))}" for key, value in final_state.items()]
    parts += _section("State", state, MAX_MARKDOWN_BYTES // 6, "keys", separator="\n")
    return "\n\n".join(parts) + "\n"


def _section(
    heading: str,
    items: Sequence[T],
    max_bytes: int,
    noun: str,
    separator: str = "\n\n",
    render: Callable[[T], str] = str,
    first_share: float = 0.75,
) -> Iterator[str]:
    """Render a heading and as many of ``items`` as fit; ``render`` is called for few more than these."""
    if not items:
        return
    first, hidden, last = fit_items(items, max_bytes, render, first_share)
    gap = [f"*… {hidden:,} more {noun} left out …*"] if hidden else []
    if hidden and separator == "\n":
        gap = [f"- {gap[0]}"]
    yield f"##### {heading}"
    yield separator.join([*first, *gap, *last])


def _notice(notice: Notice) -> str:
    where = [f"**{_escaped(notice.where)}**"] if notice.where else []
    detail = [_code_block(notice.detail)] if notice.detail else []
    return "\n\n".join([*where, _code_block(notice.line), *detail])


def _tree_line(line: TreeLine) -> str:
    indent = "  " * line.depth
    if line.hidden:
        return f"{indent}- *… {line.hidden:,} more rows left out …*"
    icon = STATUS_ICONS.get(line.row.get("status", "pending"), "")
    return f"{indent}- {icon} {_escaped(line.row['name'])} ({' · '.join(document.tree_row_facts(line.row))})"


def _card(card: CallCard | CustomWrites) -> str:
    return _custom_writes(card) if isinstance(card, CustomWrites) else _call_card(card)


def _custom_writes(writes: CustomWrites) -> str:
    lines = document.shown_writes(writes, MAX_WRITES_PER_END)
    title = f"**{_escaped(writes.notes[0]['path'])}** custom, {format_count(writes.write_count, 'write')}"
    return f"{title}\n\n{_code_block(chr(10).join(lines))}"


def _call_card(card: CallCard) -> str:
    call = card.call
    parts = [f"**{_escaped(call.get('path', ''))}** {_escaped(' · '.join(document.call_facts(call)))}"]
    if text := document.card_text(call):
        parts.append(_code_block(_truncated(text), "markdown" if call["role"] != "tool" else ""))
    for tool_call in call.get("tool_calls", ()):
        answer = card.answers.get(tool_call["id"])
        line = truncate(document.format_tool_call(tool_call), 1_000)
        parts.append(_code_block(f"{line}\n→ {truncate(answer.get('text', ''), 1_500)}" if answer else line))
    if call.get("reasoning"):
        parts.append(f"*reasoning: {format_count(len(call['reasoning']), 'character')}*")
    if call.get("error"):
        parts.append(f"✗ {_escaped(call['error'])}")
    return "\n\n".join(parts)


def _truncated(text: str) -> str:
    beginning, hidden, end = truncate_middle(text, MAX_ANSWER_CHARS)
    return f"{beginning}\n\n… {hidden:,} characters left out …\n\n{end}" if hidden else beginning


def _escaped(text: str) -> str:
    """Return Markdown that renders as ``text`` itself, on one line."""
    return MARKDOWN_CHARACTERS.sub(r"\\\1", " ".join(replace_controls(text).split()))


def _code_block(text: str, language: str = "") -> str:
    """Return ``text`` as a code block with a fence longer than any in the text."""
    text = replace_controls(text).rstrip("\n")
    longest_fence = max((len(backticks) for backticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest_fence + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
