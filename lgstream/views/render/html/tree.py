"""The namespace tree as nested lists, which stay readable in viewers without styles."""

from __future__ import annotations

from collections.abc import Iterator

from lgstream.views.fold.tables import Tables
from lgstream.views.render.document import TreeLine, tree_lines, tree_row_facts
from lgstream.views.render.html.markup import (
    HIDDEN_STYLE,
    color_swatch,
    dim_text,
    element,
    escape_text,
    omission_note,
    panel,
    status_icon,
)
from lgstream.views.rows import TreeRow
from lgstream.views.text.format import fit_items

LIST_STYLE = "list-style-type:none;margin:0;padding:0 0 0 {indent}px"


def tree_panel(tables: Tables, max_bytes: int) -> str:
    """Render every row with its status in words, indented by its depth."""
    lines = tree_lines(tables)
    first, hidden, last = fit_items(lines, max_bytes, _tree_row)
    if not hidden:
        parts = [_nested_lists(lines, [*first, *last])]
    else:
        last_lines = lines[len(lines) - len(last) :]
        parts = [_nested_lists(lines, first), omission_note(hidden, "rows"), _nested_lists(last_lines, last)]
    return panel("Nodes", *parts, style="flex:1 1 280px;min-width:0")


def _nested_lists(lines: list[TreeLine], rows: list[str]) -> str:
    """Put rendered rows, those of the first ``lines``, into nested lists."""
    return "".join(_list_tags(list(zip(lines, rows, strict=False))))


def _list_tags(rows: list[tuple[TreeLine, str]]) -> Iterator[str]:
    """Yield the tags and rows of nested lists.

    The rows may begin at any depth; each is at most one level deeper than the one before it.
    """
    top = min((line.depth for line, _ in rows), default=0)
    depth = top - 1
    for line, row in rows:
        for _ in range(depth - line.depth):
            yield "</li></ul>"
        if line.depth <= depth:
            yield "</li>"
        for level in range(depth, line.depth):
            indent = 0 if level < top else 16
            yield f'<ul style="{LIST_STYLE.format(indent=indent)}">'
            if level < line.depth - 1:
                yield '<li style="margin:0">'
        depth = line.depth
        yield f'<li style="margin:0">{row}'
    yield "</li></ul>" * (depth - top + 1)


def _tree_row(line: TreeLine) -> str:
    if line.hidden:
        return omission_note(line.hidden, "rows")
    row = line.row
    status = row.get("status", "pending")
    swatch = color_swatch(row.get("color")) if line.depth else ""
    style = "display:flex;justify-content:space-between;gap:8px;line-height:22px"
    if status == "pending":
        style += ";opacity:0.65"
    name_style = "min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    return element(
        "div",
        style,
        element("span", name_style, status_icon(status), swatch, escape_text(row["name"])),
        " ",
        element("span", "white-space:nowrap", _row_facts(row)),
    )


def _row_facts(row: TreeRow) -> str:
    """Render the figures of a row; the status ``done`` is hidden text, since the icon shows it."""
    status, *figures = tree_row_facts(row)
    if status == "done" and figures:
        return element("span", HIDDEN_STYLE, "done · ") + dim_text(" · ".join(figures))
    return dim_text(" · ".join((status, *figures)))
