"""Run LLM graphs written in the LangGraph vocabulary and watch them live in a notebook cell.

Names are loaded when first used (PEP 562): importing lgstream loads neither langchain-core nor ipywidgets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lgstream import local, sinks
    from lgstream.graph import END, START, MessagesState, StateGraph, add_messages
    from lgstream.notebook.draw import draw
    from lgstream.notebook.load import load, load_all
    from lgstream.notebook.run import Run
    from lgstream.notebook.watch import awatch, watch
    from lgstream.widgets.panels import GraphView, NamespaceTree, StateView, Timeline, TokenStream

__version__ = "0.1.0"

__all__ = [
    "END",
    "START",
    "GraphView",
    "MessagesState",
    "NamespaceTree",
    "Run",
    "StateGraph",
    "StateView",
    "Timeline",
    "TokenStream",
    "add_messages",
    "awatch",
    "draw",
    "load",
    "load_all",
    "local",
    "sinks",
    "watch",
]

_HOME = {
    "END": "graph",
    "START": "graph",
    "MessagesState": "graph",
    "StateGraph": "graph",
    "add_messages": "graph",
    "Run": "notebook",
    "awatch": "notebook",
    "draw": "notebook.draw",
    "load": "notebook",
    "load_all": "notebook",
    "watch": "notebook",
    "GraphView": "widgets.panels",
    "NamespaceTree": "widgets.panels",
    "StateView": "widgets.panels",
    "Timeline": "widgets.panels",
    "TokenStream": "widgets.panels",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    if name in ("local", "sinks"):
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext lgstream``: the magics ``%%watch`` and ``%lgstream``, see :mod:`lgstream.notebook.magics`."""
    from lgstream.notebook import magics

    magics.load_ipython_extension(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """``%unload_ext lgstream``."""
    from lgstream.notebook import magics

    magics.unload_ipython_extension(ipython)
