"""HTML that survives: inline styles in the forms that JupyterLab's sanitiser lets through, and everything escaped.

Colours are mid-tones that read on light and dark alike (contrast of 3.6 and more on both), hairlines and grounds are
grey with alpha, and text takes the colour of the page: an untrusted notebook loses every ``var(--…)``, ``inherit`` and
``currentColor``.
"""

from __future__ import annotations

from html import escape

from lgstream.views.text.format import ICONS, printable

LINE = "rgba(128,128,128,0.28)"
GROUND = "rgba(128,128,128,0.07)"
DIM = "opacity:0.72"
HIDDEN = "font-size:0;line-height:0"
"""Words for screen readers and for viewers without styles, where others see a bar or an icon."""

MONO = "font-family:ui-monospace,Menlo,Consolas,monospace"
GREY = "#7f8791"
NODES = ("#4a80d8", "#c26a24", "#258a7b", "#9062cc", "#c9527f", "#7d8a2e", "#2f87ad", "#9b7653")
STATUS = {
    "pending": GREY,
    "running": "#4a80d8",
    "waiting": "#b07a1e",
    "done": "#2e9160",
    "failed": "#d2504a",
    "stopped": GREY,
}
PRE = (
    f"margin:4px 0;padding:5px 8px;background-color:{GROUND};border-radius:4px;{MONO};font-size:12px;line-height:1.4;"
    "white-space:pre-wrap;overflow-wrap:break-word;overflow:auto"
)


def text(words: str) -> str:
    """``words`` as HTML text."""
    return escape(printable(words), quote=True)


def tag(name: str, style: str, *inner: str, **attributes: str) -> str:
    """An element around ``inner``, which is HTML already; ``attributes`` are not."""
    told = "".join(f' {key}="{text(value)}"' for key, value in attributes.items())
    styled = f' style="{style}"' if style else ""
    return f"<{name}{styled}{told}>{''.join(inner)}</{name}>"


def dim(words: str) -> str:
    """Words of lesser weight."""
    return tag("span", DIM, text(words))


def heading(words: str) -> str:
    """The name of a panel: a heading below those that JupyterLab lists in a notebook's table of contents."""
    return tag("h6", f"margin:0 0 4px 0;padding:0;font-size:11px;font-weight:600;line-height:1.5;{DIM}", text(words))


def panel(name: str, *inner: str, style: str = "") -> str:
    """A part of the view, with its heading."""
    own = f"padding:7px 12px 9px 12px;border-top:1px solid {LINE};box-sizing:border-box"
    return tag("div", f"{own};{style}" if style else own, heading(name), *inner)


def icon(status: str) -> str:
    """The icon of a status, in its colour."""
    style = f"display:inline-block;width:14px;text-align:center;color:{STATUS.get(status, GREY)}"
    return tag("span", style, ICONS.get(status, "·")) + " "


def key(color: int | None) -> str:
    """The small square of a node's colour."""
    return tag("span", f"display:inline-block;width:8px;height:8px;border-radius:2px;margin-right:6px;{fill(color)}")


def fill(color: int | None) -> str:
    """The style that paints a node's colour."""
    return f"background-color:{node(color)}"


def node(color: int | None) -> str:
    """A node's colour."""
    return GREY if color is None else NODES[color % len(NODES)]


def left_out(number: int, noun: str) -> str:
    """Says how many of something are not shown; empty for none."""
    if not number:
        return ""
    return tag("p", f"margin:2px 0;font-style:italic;{DIM}", f"… {number:,} more {noun} left out …")


def folded(summary: str, *inner: str, opened: bool = False) -> str:
    """Content that opens when asked for; ``summary`` is HTML."""
    head = tag("summary", "cursor:pointer;white-space:nowrap;overflow:hidden;text-overflow:ellipsis", summary)
    return f'<details{" open" if opened else ""} style="margin:2px 0">{head}{"".join(inner)}</details>'
