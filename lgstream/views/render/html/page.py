"""The view without a kernel: one piece of static HTML, made of the tables alone.

With Markdown and text it takes at most 200 KB in the notebook.
"""

from __future__ import annotations

from lgstream.views.fold.tables import Tables
from lgstream.views.render.html.calls import tokens
from lgstream.views.render.html.header import header, notices
from lgstream.views.render.html.inspector import inspector, state
from lgstream.views.render.html.markup import LINE, tag
from lgstream.views.render.html.timeline import timeline
from lgstream.views.render.html.tree import tree

FRAME = f"border:1px solid {LINE};border-radius:6px;overflow:hidden;font-size:13px;line-height:1.45"
MAIN = "display:flex;flex-wrap:wrap;align-items:stretch"


def render(tables: Tables) -> str:
    """Header, errors, tree, output, timeline, state and tasks of a run, as HTML for a notebook's output.

    Inline styles only, no script, no ``<svg>``, no ``<style>``: it passes the sanitisers of JupyterLab, and where a
    viewer takes every style away, headings, lists and tables are left. Text of the run is escaped, Markdown rendered
    without raw HTML. What does not fit is left out and said to be.
    """
    return tag(
        "div",
        FRAME,
        header(tables),
        notices(tables, 12_000),
        tag("div", MAIN, tree(tables, 17_000), tokens(tables, 36_000)),
        timeline(tables, 14_000),
        state(tables, 7_000),
        inspector(tables, 30_000),
    )
