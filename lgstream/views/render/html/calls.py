"""What the models said: a card each, with the tool calls, their answers, and the custom writes in between."""

from __future__ import annotations

from typing import NamedTuple

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document as outline
from lgstream.views.render.document import Card, Writes
from lgstream.views.render.html.markup import (
    DIM,
    LINE,
    MONO,
    PRE,
    dim,
    folded,
    icon,
    left_out,
    node,
    panel,
    tag,
    text,
)
from lgstream.views.render.html.prose import prose
from lgstream.views.rows import CallRow
from lgstream.views.text.format import count, cut, fit, middle

OPEN = 12_000
"""Characters of all texts that are seen at once, shared by the cards; the rest opens when asked for."""

TAG = "font-size:11px;padding:0 6px;border:1px solid rgba(128,128,128,0.4);border-radius:9px"

ANSWER = 1_500
ARGUMENTS = 1_000
NOTES = 20


class Share(NamedTuple):
    """What one card may take: characters of its text in all, and of those that are seen at once."""

    whole: int
    seen: int


def tokens(tables: Tables, room: int) -> str:
    """The cards in the order of their beginning; where not all fit, the last ones have the better claim."""
    cards = outline.cards(tables)
    number = max(len(cards), 1)
    share = Share(max(2_500, room // (2 * number)), max(600, OPEN // number))

    def write(one: Card | Writes) -> str:
        return _writes(one) if isinstance(one, Writes) else _bounded(one, share, room // 4 * 3)

    head, more, tail = fit(cards, room, write, front=0.25)
    body = "".join((*head, left_out(more, "cards"), *tail)) or tag("p", f"margin:0;{DIM}", "No model was called.")
    return panel("Output", body, style="flex:3 1 460px;min-width:0")


def _bounded(card: Card, share: Share, most: int) -> str:
    """The card with its share of text, or less where markup or another script makes it heavier than ``most`` bytes."""
    written = _card(card, share)
    while len(written.encode()) > most and share.whole > 200:
        share = share._replace(whole=share.whole // 2)
        written = _card(card, share)
    return written


def _card(card: Card, share: Share) -> str:
    call = card.call
    body = [_head(card)]
    if call.get("reasoning"):
        body.append(_reasoning(call["reasoning"], share))
    if call["role"] == "tool":
        body.append(tag("pre", PRE, *_plain(outline.answered_call(call), share.whole)))
    elif call.get("text"):
        body.append(_answer(call["text"], share))
    body += [_tool(made, card.answers.get(made["id"])) for made in call.get("tool_calls", ())]
    if call.get("parts"):
        body.append(tag("div", "", dim(f"also: {', '.join(call['parts'])}")))
    if call.get("error"):
        body.append(tag("div", "", icon("failed"), tag("strong", "", text(call["error"]))))
    if len(body) == 1:
        body.append(tag("div", "", dim("no text")))
    return _framed(card.line.get("color"), *body)


def _head(card: Card) -> str:
    call = card.call
    told = [tag("strong", "font-weight:600", text(call.get("path", card.line["name"]))), " "]
    told.append(dim(" · ".join(outline.call_figures(call))))
    told += [" " + tag("span", f"{TAG};{DIM}", text(name)) for name in call.get("tags", ())]
    style = "font-size:12px;overflow-wrap:break-word"
    if call.get("folded"):
        return tag("div", style, *told, title=f"shown once; {count(call['folded'], 'repetition')} left out")
    return tag("div", style, *told)


def _reasoning(words: str, share: Share) -> str:
    style = f"white-space:pre-wrap;overflow-wrap:break-word;padding:2px 0 4px 12px;{DIM}"
    return folded(
        dim(f"reasoning ({count(len(words), 'character')})"), tag("div", style, *_plain(words, share.whole // 2))
    )


def _framed(color: int | None, *body: str) -> str:
    return tag("div", f"margin:0 0 10px 0;padding:0 0 0 10px;border-left:3px solid {node(color)}", *body)


def _answer(words: str, share: Share) -> str:
    """Markdown: its beginning, the rest on demand, and what lies beyond its share left out of the middle."""
    begin, hidden, end = middle(words, share.whole)
    cut_at = _paragraph_end(begin, share.seen)
    out = [prose(begin[:cut_at])]
    rest = [prose(begin[cut_at:])] if begin[cut_at:].strip() else []
    if hidden:
        rest += [left_out(hidden, "characters"), prose(end)]
    if rest:
        out.append(folded(dim(f"{count(len(words) - cut_at, 'more character')}"), *rest))
    return "".join(out)


def _paragraph_end(words: str, limit: int) -> int:
    """Where ``words`` can be parted near ``limit`` without breaking a paragraph or a code block, else at ``limit``."""
    if len(words) <= limit:
        return len(words)
    at = limit
    while (at := words.rfind("\n\n", 0, at)) > limit // 3:
        if words.count("```", 0, at) % 2 == 0:
            return at
    return limit


def _plain(words: str, limit: int) -> list[str]:
    begin, hidden, end = middle(words, limit)
    return [text(begin), left_out(hidden, "characters"), text(end)]


def _tool(made: dict[str, str], answer: CallRow | None) -> str:
    line = text(cut(outline.called(made), ARGUMENTS))
    if answer is None:
        return tag("pre", PRE, line)
    failed = "✗ " if answer.get("status") == "error" else ""
    return tag("pre", PRE, line, dim(f"\n→ {failed}{cut(answer.get('text', ''), ANSWER)}"))


def _writes(one: Writes) -> str:
    head = tag("strong", "font-weight:600", text(one.notes[0]["path"]))
    title = tag("div", "font-size:12px", head, " ", dim(f"custom · {count(len(one.notes), 'write')}"))
    kept = [note["text"] for note in one.notes]
    if len(kept) > 2 * NOTES:
        kept = [*kept[:NOTES], f"… {len(kept) - 2 * NOTES:,} more writes left out …", *kept[-NOTES:]]
    items = "".join(
        tag("li", f"margin:0;{MONO};font-size:12px;white-space:pre-wrap", text(cut(note, 400))) for note in kept
    )
    style = f"list-style-type:none;margin:3px 0;padding:3px 8px;border-radius:4px;border:1px solid {LINE}"
    return _framed(one.line.get("color"), title, tag("ul", style, items))
