"""A run as one piece of static HTML, for notebooks that are read without a kernel.

With the Markdown and text forms it takes at most 200 KB of a notebook.
"""

from __future__ import annotations

from lgstream.views.fold.tables import Tables
from lgstream.views.render.html.calls import output_panel
from lgstream.views.render.html.header import notice_list, run_header
from lgstream.views.render.html.inspector import state_panel, tasks_panel
from lgstream.views.render.html.markup import BORDER_COLOR, element
from lgstream.views.render.html.timeline import timeline_panel
from lgstream.views.render.html.tree import tree_panel

FRAME_STYLE = f"border:1px solid {BORDER_COLOR};border-radius:6px;overflow:hidden;font-size:13px;line-height:1.45"
COLUMNS_STYLE = "display:flex;flex-wrap:wrap;align-items:stretch"


def render_html(tables: Tables) -> str:
    """Render header, errors, tree, output, timeline, state and tasks of a run as HTML for a notebook's output.

    It uses inline styles only, and no script, ``<svg>`` or ``<style>``, so it passes the sanitizers of JupyterLab;
    a viewer that drops every style still shows headings, lists and tables. Text of the run is escaped, and Markdown is
    rendered without raw HTML. Whatever is left out for lack of space is replaced by a line that says so.
    """
    return element(
        "div",
        FRAME_STYLE,
        run_header(tables),
        notice_list(tables, 12_000),
        element("div", COLUMNS_STYLE, tree_panel(tables, 17_000), output_panel(tables, 36_000)),
        timeline_panel(tables, 14_000),
        state_panel(tables, 7_000),
        tasks_panel(tables, 30_000),
    )
