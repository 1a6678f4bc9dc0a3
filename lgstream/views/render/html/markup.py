"""The HTML elements and styles that all panels are made of; all text is escaped here.

Styles are inline, in the forms that JupyterLab's sanitizer lets through. Colours are mid-tones with a contrast of at
least 3.6 on light and on dark pages, borders and backgrounds are translucent grey, and text has the page's own colour:
an untrusted notebook loses every ``var(--…)``, ``inherit`` and ``currentColor``.
"""

from __future__ import annotations

from html import escape

from lgstream.inspection.text import replace_controls
from lgstream.views.colors import NODE_COLORS
from lgstream.views.text.format import STATUS_ICONS

BORDER_COLOR = "rgba(128,128,128,0.28)"
BACKGROUND_COLOR = "rgba(128,128,128,0.07)"
GREY = "#7f8791"
STATUS_COLORS = {
    "pending": GREY,
    "running": "#4a80d8",
    "waiting": "#b07a1e",
    "done": "#2e9160",
    "failed": "#d2504a",
    "stopped": GREY,
}

DIM_STYLE = "opacity:0.72"
MONOSPACE_STYLE = "font-family:ui-monospace,Menlo,Consolas,monospace"
PRE_STYLE = (
    f"margin:4px 0;padding:5px 8px;background-color:{BACKGROUND_COLOR};border-radius:4px;{MONOSPACE_STYLE};"
    "font-size:12px;line-height:1.4;white-space:pre-wrap;overflow-wrap:break-word;overflow:auto"
)
HIDDEN_STYLE = "font-size:0;line-height:0"
"""For text that screen readers and viewers without styles need, where everyone else sees a bar or an icon."""


def escape_text(text: str) -> str:
    """Return ``text`` as HTML text or attribute value."""
    return escape(replace_controls(text), quote=True)


def element(name: str, style: str, *content: str, **attributes: str) -> str:
    """Return an HTML element.

    Args:
        name: its tag name.
        style: inline style; ``""`` for none.
        content: HTML, already escaped.
        attributes: further attributes, to be escaped.
    """
    styled = f' style="{style}"' if style else ""
    escaped = "".join(f' {attribute}="{escape_text(value)}"' for attribute, value in attributes.items())
    return f"<{name}{styled}{escaped}>{''.join(content)}</{name}>"


def dim_text(text: str) -> str:
    """Return ``text`` in a fainter colour."""
    return element("span", DIM_STYLE, escape_text(text))


def heading(text: str) -> str:
    """Return the heading of a panel, below the levels that JupyterLab lists in a notebook's table of contents."""
    style = f"margin:0 0 4px 0;padding:0;font-size:11px;font-weight:600;line-height:1.5;{DIM_STYLE}"
    return element("h6", style, escape_text(text))


def panel(title: str, *content: str, style: str = "") -> str:
    """Return a panel of the view with its heading; ``content`` is HTML."""
    panel_style = f"padding:7px 12px 9px 12px;border-top:1px solid {BORDER_COLOR};box-sizing:border-box"
    return element("div", f"{panel_style};{style}" if style else panel_style, heading(title), *content)


def status_icon(status: str) -> str:
    """Return the icon of a status in its colour."""
    style = f"display:inline-block;width:14px;text-align:center;color:{STATUS_COLORS.get(status, GREY)}"
    return element("span", style, STATUS_ICONS.get(status, "·")) + " "


def color_swatch(color: int | None) -> str:
    """Return a small square in the colour of a node."""
    style = "display:inline-block;width:8px;height:8px;border-radius:2px;margin-right:6px"
    return element("span", f"{style};{background_color(color)}")


def background_color(color: int | None) -> str:
    """Return the style that paints something in the colour of a node."""
    return f"background-color:{node_color(color)}"


def node_color(color: int | None) -> str:
    """Return the colour for the ``color`` number of a tree row."""
    return GREY if color is None else NODE_COLORS[color % len(NODE_COLORS)]


def omission_note(number: int, noun: str) -> str:
    """Return a line that says how many things are not shown; ``""`` for none."""
    if not number:
        return ""
    return element("p", f"margin:2px 0;font-style:italic;{DIM_STYLE}", f"… {number:,} more {noun} left out …")


def disclosure(summary: str, *content: str, is_open: bool = False) -> str:
    """Return content that the reader can open and close; ``summary`` and ``content`` are HTML."""
    style = "cursor:pointer;white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
    attribute = " open" if is_open else ""
    return f'<details{attribute} style="margin:2px 0">{element("summary", style, summary)}{"".join(content)}</details>'
