"""Markdown written by a model as HTML.

Model output is untrusted: raw HTML is escaped, images become links, and a link needs a scheme of the allow-list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from lgstream.inspection.text import replace_controls
from lgstream.views.render.html.markup import BORDER_COLOR, PRE_STYLE, element, escape_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

LINK_SCHEMES = ("http://", "https://", "mailto:")
"""Beginnings of a link that are allowed."""

MAX_NESTING = 20
"""Quotes and lists that are nested deeper are shown as they were written; so does the front end."""

MAX_COLUMNS = 50
MAX_CELLS = 10_000
"""Larger tables are shown as they were written: the cost of a browser's layout grows with the columns squared."""

PLAIN_STYLE = "white-space:pre-wrap;overflow-wrap:break-word;margin:2px 0"
TOKEN_STYLES = {
    "paragraph_open": "margin:2px 0 6px 0;overflow-wrap:break-word",
    "heading_open": "margin:6px 0 4px 0;font-weight:600",
    "blockquote_open": f"margin:4px 0;padding:0 0 0 10px;border-left:3px solid {BORDER_COLOR}",
    "bullet_list_open": "margin:2px 0 6px 0;padding:0 0 0 22px",
    "ordered_list_open": "margin:2px 0 6px 0;padding:0 0 0 22px",
    "table_open": "border-collapse:collapse;margin:4px 0;font-size:13px",
    "th_open": f"text-align:left;padding:2px 8px;border:1px solid {BORDER_COLOR}",
    "td_open": f"text-align:left;padding:2px 8px;border:1px solid {BORDER_COLOR}",
    "hr": f"border:0;border-top:1px solid {BORDER_COLOR};margin:6px 0",
}


def markdown_to_html(text: str) -> str:
    """Render Markdown as HTML, in a time in proportion to its length.

    Without ``markdown-it-py`` installed, and for text that would take longer, return the text itself, escaped.
    """
    text = replace_controls(text)
    markdown = _renderer(has_tables=_tables_fit(text))
    if markdown is None:
        return _plain(text)
    environment: dict[str, Any] = {}
    tokens = markdown.parse(text, environment)
    if max((token.level for token in tokens), default=0) >= MAX_NESTING - 1:  # deeper levels are not in the tokens
        return _plain(text)
    return str(markdown.renderer.render(tokens, markdown.options, environment))


def _plain(text: str) -> str:
    return element("div", PLAIN_STYLE, escape_text(text))


def _tables_fit(text: str) -> bool:
    """Return False if the text may have a table that is too large: each of its rows is filled up to the widest."""
    lines = text.split("\n")
    columns = max(line.count("|") for line in lines)
    return columns <= MAX_COLUMNS and columns * len(lines) <= MAX_CELLS


def is_allowed_link(url: str) -> bool:
    """Return True if ``url`` has an allowed scheme, not counting the whitespace that browsers ignore."""
    return re.sub(r"[\s\x00-\x20]", "", url).lower().startswith(LINK_SCHEMES)


@cache
def _renderer(*, has_tables: bool) -> MarkdownIt | None:
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        return None
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": MAX_NESTING})
    markdown.enable(["table", "strikethrough"] if has_tables else ["strikethrough"])
    markdown.validateLink = is_allowed_link  # type: ignore[method-assign]
    for name, style in TOKEN_STYLES.items():
        markdown.add_render_rule(name, _open_tag_rule(style))
    for name in ("heading_open", "heading_close"):
        markdown.add_render_rule(name, _heading_rule)
    markdown.add_render_rule("link_open", _link_rule)
    markdown.add_render_rule("image", _image_rule)
    markdown.add_render_rule("fence", _code_block_rule)
    markdown.add_render_rule("code_block", _code_block_rule)
    markdown.add_render_rule("code_inline", _inline_code_rule)
    return markdown


def _open_tag_rule(style: str) -> Callable[..., str]:
    def open_tag(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
        tokens[index].attrs = {"style": style}
        return str(self.renderToken(tokens, index, options, env))

    return open_tag


def _heading_rule(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    """Render a heading as a bold paragraph, so that it does not enter the notebook's table of contents."""
    if tokens[index].nesting > 0:
        return f'<p style="{TOKEN_STYLES["heading_open"]}"><strong>'
    return "</strong></p>\n"


def _link_rule(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    return str(self.renderToken(tokens, index, options, env))


def _image_rule(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    """Render an image as a link, so that opening a notebook does not send a request to a server."""
    name = tokens[index].content or "image"
    href = str(tokens[index].attrGet("src") or "")
    return element("a", "", escape_text(f"image: {name}"), href=href, rel="noopener noreferrer nofollow")


def _code_block_rule(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return element("pre", PRE_STYLE, escape_text(tokens[index].content.rstrip("\n")))


def _inline_code_rule(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return element("code", "", escape_text(tokens[index].content))
