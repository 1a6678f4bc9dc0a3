"""A model's Markdown as HTML. Model output is hostile: no raw HTML, no image is fetched, links by allow-list only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from lgstream.views.render.html.markup import LINE, PRE, tag, text
from lgstream.views.text.format import printable

SCHEMES = ("http://", "https://", "mailto:")
"""What a link may begin with."""

PLAIN = "white-space:pre-wrap;overflow-wrap:break-word;margin:2px 0"
STYLES = {
    "paragraph_open": "margin:2px 0 6px 0;overflow-wrap:break-word",
    "heading_open": "margin:6px 0 4px 0;font-weight:600",
    "blockquote_open": f"margin:4px 0;padding:0 0 0 10px;border-left:3px solid {LINE}",
    "bullet_list_open": "margin:2px 0 6px 0;padding:0 0 0 22px",
    "ordered_list_open": "margin:2px 0 6px 0;padding:0 0 0 22px",
    "table_open": "border-collapse:collapse;margin:4px 0;font-size:13px",
    "th_open": f"text-align:left;padding:2px 8px;border:1px solid {LINE}",
    "td_open": f"text-align:left;padding:2px 8px;border:1px solid {LINE}",
    "hr": f"border:0;border-top:1px solid {LINE};margin:6px 0",
}


def prose(words: str) -> str:
    """Markdown as HTML; as it stands, escaped, where ``markdown-it-py`` is not installed."""
    render = _renderer()
    if render is None:
        return tag("div", PLAIN, text(words))
    return render(printable(words))


def allowed(url: str) -> bool:
    """Whether a link may lead to ``url``: by its beginning, once what browsers skip is taken out."""
    return re.sub(r"[\s\x00-\x20]", "", url).lower().startswith(SCHEMES)


@cache
def _renderer() -> Callable[[str], str] | None:
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        return None
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 40})
    markdown.enable(["table", "strikethrough"])
    markdown.validateLink = allowed  # type: ignore[method-assign]
    for name, style in STYLES.items():
        markdown.add_render_rule(name, _styled(style))
    for name in ("heading_open", "heading_close"):
        markdown.add_render_rule(name, _paragraph)
    markdown.add_render_rule("link_open", _link)
    markdown.add_render_rule("image", _image)
    markdown.add_render_rule("fence", _code_block)
    markdown.add_render_rule("code_block", _code_block)
    markdown.add_render_rule("code_inline", _code)
    return markdown.render


def _styled(style: str) -> Callable[..., str]:
    def open_tag(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
        tokens[index].attrs = {"style": style}
        return str(self.renderToken(tokens, index, options, env))

    return open_tag


def _paragraph(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    """A heading is a bold paragraph here: the notebook's outline is not the model's to write."""
    if tokens[index].nesting > 0:
        return f'<p style="{STYLES["heading_open"]}"><strong>'
    return "</strong></p>\n"


def _link(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer nofollow")
    return str(self.renderToken(tokens, index, options, env))


def _image(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    """A link in place of the picture: opening a notebook must not call anyone."""
    name = tokens[index].content or "image"
    href = str(tokens[index].attrGet("src") or "")
    return tag("a", "", text(f"image: {name}"), href=href, rel="noopener noreferrer nofollow")


def _code_block(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return tag("pre", PRE, text(tokens[index].content.rstrip("\n")))


def _code(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return tag("code", "", text(tokens[index].content))
