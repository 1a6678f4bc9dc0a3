"""The header: status, graph, figures; below it what went wrong and what is asked."""

from __future__ import annotations

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document as outline
from lgstream.views.render.document import Failure
from lgstream.views.render.html.markup import DIM, GROUND, LINE, PRE, STATUS, dim, folded, icon, left_out, tag, text
from lgstream.views.text.format import fit


def header(tables: Tables) -> str:
    """One line that says what ran and how it went."""
    run = outline.run(tables)
    status = run.get("status", "pending")
    name = tag(
        "h5", "margin:0;padding:0;font-size:13px;font-weight:600;line-height:1.45", text(run.get("graph", "graph"))
    )
    word = tag("strong", "font-weight:600", icon(status), text(outline.said(run)))
    return tag(
        "div",
        f"display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 14px;padding:7px 12px;background-color:{GROUND}",
        tag("div", "", word),
        name,
        tag("div", DIM, text(" · ".join(outline.figures(tables)))),
    )


def notices(tables: Tables, room: int) -> str:
    """Errors with their tracebacks, open questions, the run's note."""
    out = [_listed(outline.failures(tables), "failed", "errors", room * 3 // 4)]
    out.append(_listed(outline.questions(tables), "waiting", "questions", room // 4))
    out.append(_listed(outline.answered(tables), "done", "questions", room // 8))
    run = outline.run(tables)
    note = "" if run.get("pause") else run.get("note")  # the header tells of a breakpoint
    said = [note] if note and not any(out) else []
    said += outline.left_out(tables)
    out += [tag("p", f"margin:0;padding:6px 12px;border-top:1px solid {LINE}", dim(line)) for line in said]
    return "".join(out)


def _listed(found: list[Failure], status: str, noun: str, room: int) -> str:
    def write(one: Failure) -> str:
        return _notice(one, status)

    head, more, tail = fit(found, room, write, front=1.0)
    return "".join((*head, left_out(more, noun), *tail))


def _notice(one: Failure, status: str) -> str:
    style = f"padding:6px 12px;border-top:1px solid {LINE};border-left:3px solid {STATUS[status]}"
    where = dim(one.where)
    if status != "failed":
        verb = " asks:" if status == "waiting" else " asked:"
        return tag(
            "div", style, icon(status), tag("strong", "", text(one.where)), verb, tag("pre", PRE, text(one.line))
        )
    line = tag("div", "", icon(status), tag("strong", "overflow-wrap:break-word", text(one.line)), " ", where)
    detail = folded(dim("traceback"), tag("pre", PRE, text(one.detail))) if one.detail else ""
    return tag("div", style, line, detail)
