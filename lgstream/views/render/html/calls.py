"""The output of a run: a card for each call or message, with its tool calls, and the custom writes in between."""

from __future__ import annotations

from typing import NamedTuple

from lgstream.inspection.text import truncate
from lgstream.views.fold.tables import Tables
from lgstream.views.render.document import (
    CallCard,
    CustomWrites,
    call_facts,
    card_text,
    format_tool_call,
    output_cards,
    shown_writes,
)
from lgstream.views.render.html.markup import (
    BORDER_COLOR,
    DIM_STYLE,
    MONOSPACE_STYLE,
    PRE_STYLE,
    dim_text,
    disclosure,
    element,
    escape_text,
    node_color,
    omission_note,
    panel,
    status_icon,
)
from lgstream.views.render.html.prose import markdown_to_html
from lgstream.views.rows import CallRow
from lgstream.views.text.format import fit_items, format_count, truncate_middle

MAX_VISIBLE_CHARS = 12_000
"""Characters of all cards together that are visible at once; the rest is in disclosures."""

MAX_TOOL_ANSWER_CHARS = 1_500
MAX_TOOL_CALL_CHARS = 1_000

MAX_WRITES_PER_END = 20
"""Custom writes of one group that are shown of its beginning, and of its end."""

TITLE_STYLE = "font-size:12px;overflow-wrap:break-word"
TAG_STYLE = "font-size:11px;padding:0 6px;border:1px solid rgba(128,128,128,0.4);border-radius:9px"
REASONING_STYLE = f"white-space:pre-wrap;overflow-wrap:break-word;padding:2px 0 4px 12px;{DIM_STYLE}"
WRITES_STYLE = f"list-style-type:none;margin:3px 0;padding:3px 8px;border-radius:4px;border:1px solid {BORDER_COLOR}"


class TextBudget(NamedTuple):
    """The characters of text that one card may contain in all, and that may be visible at once."""

    total: int
    visible: int


def output_panel(tables: Tables, max_bytes: int) -> str:
    """Render the cards in the order of their start; most of the space is reserved for the last ones."""
    cards = output_cards(tables)
    number = max(len(cards), 1)
    budget = TextBudget(max(2_500, max_bytes // (2 * number)), max(600, MAX_VISIBLE_CHARS // number))

    def render(card: CallCard | CustomWrites) -> str:
        if isinstance(card, CustomWrites):
            return _custom_writes(card)
        return _fit_card(card, budget, max_bytes // 4 * 3)

    first, hidden, last = fit_items(cards, max_bytes, render, first_share=0.25)
    body = "".join((*first, omission_note(hidden, "cards"), *last))
    placeholder = element("p", f"margin:0;{DIM_STYLE}", "No model was called.")
    return panel("Output", body or placeholder, style="flex:3 1 460px;min-width:0")


def _fit_card(card: CallCard, budget: TextBudget, max_bytes: int) -> str:
    """Render a card with less text if markup or non-ASCII text makes it larger than ``max_bytes``."""
    html = _card(card, budget)
    while len(html.encode()) > max_bytes and budget.total > 200:
        budget = budget._replace(total=budget.total // 2)
        html = _card(card, budget)
    return html


def _card(card: CallCard, budget: TextBudget) -> str:
    call = card.call
    body = [_card_header(card)]
    if call.get("reasoning"):
        body.append(_reasoning(call["reasoning"], budget))
    if call["role"] == "tool":
        body.append(element("pre", PRE_STYLE, *_truncated_text(card_text(call), budget.total)))
    elif call.get("text"):
        body.append(_answer(call["text"], budget))
    body += [_tool_call(tool_call, card.answers.get(tool_call["id"])) for tool_call in call.get("tool_calls", ())]
    if call.get("parts"):
        body.append(element("div", "", dim_text(f"also: {', '.join(call['parts'])}")))
    if call.get("error"):
        body.append(element("div", "", status_icon("failed"), element("strong", "", escape_text(call["error"]))))
    if len(body) == 1:
        body.append(element("div", "", dim_text("no text")))
    return _frame(card.line.get("color"), *body)


def _card_header(card: CallCard) -> str:
    call = card.call
    parts = [element("strong", "font-weight:600", escape_text(call.get("path", card.line["name"]))), " "]
    parts.append(dim_text(" · ".join(call_facts(call))))
    parts += [" " + element("span", f"{TAG_STYLE};{DIM_STYLE}", escape_text(tag)) for tag in call.get("tags", ())]
    if call.get("folded"):
        tooltip = f"shown once; {format_count(call['folded'], 'repetition')} left out"
        return element("div", TITLE_STYLE, *parts, title=tooltip)
    return element("div", TITLE_STYLE, *parts)


def _reasoning(text: str, budget: TextBudget) -> str:
    summary = dim_text(f"reasoning ({format_count(len(text), 'character')})")
    return disclosure(summary, element("div", REASONING_STYLE, *_truncated_text(text, budget.total // 2)))


def _frame(color: int | None, *body: str) -> str:
    style = f"margin:0 0 10px 0;padding:0 0 0 10px;border-left:3px solid {node_color(color)}"
    return element("div", style, *body)


def _answer(text: str, budget: TextBudget) -> str:
    """Render Markdown: its beginning, and the rest in a disclosure without what exceeds the budget in the middle."""
    beginning, hidden, end = truncate_middle(text, budget.total)
    split_at = _paragraph_end(beginning, budget.visible)
    parts = [markdown_to_html(beginning[:split_at])]
    rest = [markdown_to_html(beginning[split_at:])] if beginning[split_at:].strip() else []
    if hidden:
        rest += [omission_note(hidden, "characters"), markdown_to_html(end)]
    if rest:
        parts.append(disclosure(dim_text(f"{format_count(len(text) - split_at, 'more character')}"), *rest))
    return "".join(parts)


def _paragraph_end(text: str, limit: int) -> int:
    """Return the last index up to ``limit`` where no paragraph or code block is split; if it is far off, ``limit``."""
    if len(text) <= limit:
        return len(text)
    index = limit
    while (index := text.rfind("\n\n", 0, index)) > limit // 3:
        if text.count("```", 0, index) % 2 == 0:
            return index
    return limit


def _truncated_text(text: str, limit: int) -> list[str]:
    beginning, hidden, end = truncate_middle(text, limit)
    return [escape_text(beginning), omission_note(hidden, "characters"), escape_text(end)]


def _tool_call(tool_call: dict[str, str], answer: CallRow | None) -> str:
    line = escape_text(truncate(format_tool_call(tool_call), MAX_TOOL_CALL_CHARS))
    if answer is None:
        return element("pre", PRE_STYLE, line)
    mark = "✗ " if answer.get("status") == "error" else ""
    text = truncate(answer.get("text", ""), MAX_TOOL_ANSWER_CHARS)
    return element("pre", PRE_STYLE, line, dim_text(f"\n→ {mark}{text}"))


def _custom_writes(writes: CustomWrites) -> str:
    path = element("strong", "font-weight:600", escape_text(writes.notes[0]["path"]))
    number = dim_text(f"custom · {format_count(writes.write_count, 'write')}")
    title = element("div", "font-size:12px", path, " ", number)
    texts = shown_writes(writes, MAX_WRITES_PER_END)
    style = f"margin:0;{MONOSPACE_STYLE};font-size:12px;white-space:pre-wrap"
    items = "".join(element("li", style, escape_text(text)) for text in texts)
    return _frame(writes.line.get("color"), title, element("ul", WRITES_STYLE, items))
