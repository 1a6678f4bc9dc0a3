"""The two packages whose compiled graphs can be watched, behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from inspect import signature
from typing import Any, NamedTuple

from lgstream._langgraph import is_langgraph_graph
from lgstream.adapters.langgraph.runs import (
    ainvoke_with_sinks,
    has_reducer,
    invoke_with_sinks,
    overwrite,
    resume_command,
)
from lgstream.engine.langgraph.shape import langgraph_shape
from lgstream.events import Shape
from lgstream.sinks import Sink


class GraphBackend(NamedTuple):
    """What the notebook does with a compiled graph, for graphs of one package."""

    invoke: Callable[..., Any]
    """Runs a graph: ``invoke(graph, input, config, sinks, **kwargs)``."""
    ainvoke: Callable[..., Coroutine[Any, Any, Any]]
    """The async twin of ``invoke``."""
    resume_command: Callable[[dict[str, Any]], Any]
    """Returns the input that resumes a run with answers by interrupt id."""
    overwrite: Callable[[Any], Any]
    """Returns a write that replaces the value of a key with a reducer."""
    has_reducer: Callable[[Any], bool]
    """Returns True for a channel that combines writes with a reducer."""
    shape: Callable[[Any], Shape]
    """Returns the shape of a graph."""


LANGGRAPH_BACKEND = GraphBackend(
    invoke_with_sinks, ainvoke_with_sinks, resume_command, overwrite, has_reducer, langgraph_shape
)


def backend_for(graph: Any, caller: str) -> GraphBackend:
    """Return the backend for ``graph``.

    Args:
        graph: a compiled graph of lgstream or of langgraph.
        caller: the function that was called with it, for the error message: ``"watch()"``.

    Raises:
        TypeError: if ``graph`` is not a compiled graph.
    """
    from lgstream.graph.compiled import CompiledGraph

    if isinstance(graph, CompiledGraph):
        return _lgstream_backend()
    if is_langgraph_graph(graph):
        return LANGGRAPH_BACKEND
    hint = " Compile it first: builder.compile()." if hasattr(graph, "compile") else ""
    kind = type(graph).__qualname__
    raise TypeError(f"{caller} takes compiled graphs of lgstream and of langgraph, and this is a {kind}.{hint}")


def check_langgraph_keywords(graph: Any, keywords: Iterable[str]) -> None:
    """Raise TypeError if the ``invoke`` of a graph of langgraph, which ignores unknown keywords, does not know one.

    Args:
        graph: a compiled graph of langgraph.
        keywords: the keyword arguments for its ``invoke``, which passes them to its ``stream``.
    """
    parameters = [*signature(graph.invoke).parameters.values(), *signature(graph.stream).parameters.values()]
    known = dict.fromkeys(item.name for item in parameters if item.kind is item.KEYWORD_ONLY)
    for name in keywords:
        if name not in known and name != "checkpoint_during":  # a deprecated keyword, which it takes as one of others
            raise TypeError(
                f"invoke() of this graph has no keyword argument {name!r}: its keyword arguments are "
                f"{', '.join(known)}."
            )


def _lgstream_backend() -> GraphBackend:
    from lgstream.channels import BinaryOperatorAggregate
    from lgstream.graph.drawing import graph_shape
    from lgstream.types import Command, Overwrite

    return GraphBackend(
        _invoke,
        _ainvoke,
        lambda answers: Command(resume=answers),
        Overwrite,
        lambda channel: isinstance(channel, BinaryOperatorAggregate),
        graph_shape,
    )


def _invoke(graph: Any, input: Any, config: Any, sinks: Iterable[Sink], **kwargs: Any) -> Any:
    return graph.invoke(input, config, sinks=sinks, **kwargs)


async def _ainvoke(graph: Any, input: Any, config: Any, sinks: Iterable[Sink], **kwargs: Any) -> Any:
    return await graph.ainvoke(input, config, sinks=sinks, **kwargs)
