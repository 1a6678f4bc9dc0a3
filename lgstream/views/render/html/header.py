"""The header: status, graph and figures of a run; below it its errors and questions."""

from __future__ import annotations

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document
from lgstream.views.render.document import Notice
from lgstream.views.render.html.markup import (
    BACKGROUND_COLOR,
    BORDER_COLOR,
    DIM_STYLE,
    PRE_STYLE,
    STATUS_COLORS,
    dim_text,
    disclosure,
    element,
    escape_text,
    omission_note,
    status_icon,
)
from lgstream.views.text.format import fit_items

BAR_STYLE = (
    f"display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 14px;padding:7px 12px;"
    f"background-color:{BACKGROUND_COLOR}"
)
GRAPH_NAME_STYLE = "margin:0;padding:0;font-size:13px;font-weight:600;line-height:1.45"


def run_header(tables: Tables) -> str:
    """Render the bar with the run's status, name and figures."""
    run = document.run_row(tables)
    status = status_icon(run.get("status", "pending")) + escape_text(document.status_text(run))
    return element(
        "div",
        BAR_STYLE,
        element("div", "", element("strong", "font-weight:600", status)),
        element("h5", GRAPH_NAME_STYLE, escape_text(run.get("graph", "graph"))),
        element("div", DIM_STYLE, escape_text(" · ".join(document.run_facts(tables)))),
    )


def notice_list(tables: Tables, max_bytes: int) -> str:
    """Render errors with their tracebacks, questions, and the run's note."""
    parts = [
        _notices(document.error_notices(tables), "failed", "errors", max_bytes * 3 // 4),
        _notices(document.question_notices(tables), "waiting", "questions", max_bytes // 4),
        _notices(document.answer_notices(tables), "done", "questions", max_bytes // 8),
    ]
    run = document.run_row(tables)
    note = "" if run.get("pause") else run.get("note")  # the header names the breakpoint
    lines = [note] if note and not any(parts) else []
    lines += document.omission_notices(tables)
    style = f"margin:0;padding:6px 12px;border-top:1px solid {BORDER_COLOR}"
    parts += [element("p", style, dim_text(line)) for line in lines]
    return "".join(parts)


def _notices(notices: list[Notice], status: str, noun: str, max_bytes: int) -> str:
    def render(notice: Notice) -> str:
        return _notice(notice, status)

    first, hidden, last = fit_items(notices, max_bytes, render, first_share=1.0)
    return "".join((*first, omission_note(hidden, noun), *last))


def _notice(notice: Notice, status: str) -> str:
    style = f"padding:6px 12px;border-top:1px solid {BORDER_COLOR};border-left:3px solid {STATUS_COLORS[status]}"
    icon = status_icon(status)
    line = escape_text(notice.line)
    if status != "failed":
        where = element("strong", "", escape_text(notice.where))
        verb = " asks:" if status == "waiting" else " asked:"
        return element("div", style, icon, where, verb, element("pre", PRE_STYLE, line))
    error = element("strong", "overflow-wrap:break-word", line)
    title = element("div", "", icon, error, " ", dim_text(notice.where))
    traceback = element("pre", PRE_STYLE, escape_text(notice.detail))
    return element("div", style, title, disclosure(dim_text("traceback"), traceback) if notice.detail else "")
