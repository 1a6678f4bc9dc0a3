"""The namespace tree as nested lists: a list is what is left of it where no style is."""

from __future__ import annotations

from collections.abc import Iterator

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document as outline
from lgstream.views.render.document import Line
from lgstream.views.render.html.markup import HIDDEN, dim, icon, key, left_out, panel, tag, text
from lgstream.views.rows import TreeRow
from lgstream.views.text.format import fit

LIST = "list-style-type:none;margin:0;padding:0 0 0 {indent}px"


def tree(tables: Tables, room: int) -> str:
    """Every row with its status in words, indented by its depth."""
    lines = outline.lines(tables)
    head, more, tail = fit(lines, room, _row)
    if not more:
        parts = [_nested(lines, [*head, *tail])]
    else:
        parts = [_nested(lines, head), left_out(more, "rows"), _nested(lines[len(lines) - len(tail) :], tail)]
    return panel("Nodes", *parts, style="flex:1 1 280px;min-width:0")


def _nested(lines: list[Line], written: list[str]) -> str:
    return "".join(_lists(list(zip(lines, written, strict=False))))


def _lists(rows: list[tuple[Line, str]]) -> Iterator[str]:
    """Lists in lists; the rows may begin at any depth, and never go down by more than one level at a time."""
    top = min((line.depth for line, _ in rows), default=0)
    depth = top - 1
    for line, row in rows:
        for _ in range(depth - line.depth):
            yield "</li></ul>"
        if line.depth <= depth:
            yield "</li>"
        for level in range(depth, line.depth):
            indent = 0 if level < top else 16
            yield f'<ul style="{LIST.format(indent=indent)}">'
            if level < line.depth - 1:
                yield '<li style="margin:0">'
        depth = line.depth
        yield f'<li style="margin:0">{row}'
    yield "</li></ul>" * (depth - top + 1)


def _row(line: Line) -> str:
    if line.hidden:
        return left_out(line.hidden, "rows")
    row = line.row
    status = row.get("status", "pending")
    name = [icon(status), key(row.get("color")) if line.depth else "", text(row["name"])]
    style = "display:flex;justify-content:space-between;gap:8px;line-height:22px"
    if status == "pending":
        style += ";opacity:0.65"
    return tag(
        "div",
        style,
        tag("span", "min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap", *name),
        " ",
        tag("span", "white-space:nowrap", _figures(row)),
    )


def _figures(row: TreeRow) -> str:
    """The figures; the word for the usual status is left to the icon, and to viewers without styles."""
    first, *rest = outline.row_figures(row)
    if first == "done" and rest:
        return tag("span", HIDDEN, "done · ") + dim(" · ".join(rest))
    return dim(" · ".join((first, *rest)))
