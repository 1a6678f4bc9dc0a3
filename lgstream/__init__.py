"""Run LLM graphs written in the LangGraph vocabulary and watch them live in a notebook cell.

The names are imported on first access (PEP 562), so that ``import lgstream`` loads neither langchain-core nor
ipywidgets. ``docs/public-modules.md`` lists the modules behind them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lgstream import events, local, sinks
    from lgstream.events import Event
    from lgstream.graph import END, START, MessagesState, StateGraph, add_messages
    from lgstream.notebook.draw import draw
    from lgstream.notebook.load import load, load_all
    from lgstream.notebook.run import Run
    from lgstream.notebook.watch import awatch, watch
    from lgstream.sinks import Sink, attach
    from lgstream.types import Command, Send, interrupt
    from lgstream.widgets import GraphView, NamespaceTree, StateView, Timeline, TokenStream

__version__ = "0.1.0"

__all__ = [
    "END",
    "START",
    "Command",
    "Event",
    "GraphView",
    "MessagesState",
    "NamespaceTree",
    "Run",
    "Send",
    "Sink",
    "StateGraph",
    "StateView",
    "Timeline",
    "TokenStream",
    "add_messages",
    "attach",
    "awatch",
    "draw",
    "events",
    "interrupt",
    "load",
    "load_all",
    "local",
    "sinks",
    "watch",
]

_SUBMODULES = ("events", "local", "sinks")

_MODULE_BY_NAME = {
    "END": "lgstream.graph",
    "START": "lgstream.graph",
    "MessagesState": "lgstream.graph",
    "StateGraph": "lgstream.graph",
    "add_messages": "lgstream.graph",
    "Command": "lgstream.types",
    "Send": "lgstream.types",
    "interrupt": "lgstream.types",
    "Event": "lgstream.events",
    "Sink": "lgstream.sinks",
    "attach": "lgstream.sinks",
    "Run": "lgstream.notebook",
    "awatch": "lgstream.notebook",
    "draw": "lgstream.notebook.draw",
    "load": "lgstream.notebook",
    "load_all": "lgstream.notebook",
    "watch": "lgstream.notebook",
    "GraphView": "lgstream.widgets",
    "NamespaceTree": "lgstream.widgets",
    "StateView": "lgstream.widgets",
    "Timeline": "lgstream.widgets",
    "TokenStream": "lgstream.widgets",
}


def __getattr__(name: str) -> Any:
    if name in _MODULE_BY_NAME:
        return getattr(import_module(_MODULE_BY_NAME[name]), name)
    if name in _SUBMODULES:
        return import_module(f"lgstream.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(ipython: Any) -> None:
    """Register the magics ``%%watch`` and ``%lgstream``, see :mod:`lgstream.notebook.magics`.

    IPython calls this for ``%load_ext lgstream``.
    """
    from lgstream.notebook import magics

    magics.add_magics(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Remove the magics. IPython calls this for ``%unload_ext lgstream``."""
    from lgstream.notebook import magics

    magics.remove_magics(ipython)
