"""Widgets that show a run: the panels of the notebook view, each of them also a sink.

The names are imported on first access, because the widgets load anywidget and ipywidgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lgstream.widgets.panels import GraphView, NamespaceTree, StateView, Timeline, TokenStream

__all__ = ["GraphView", "NamespaceTree", "StateView", "Timeline", "TokenStream"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from lgstream.widgets import panels

        return getattr(panels, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
