"""Run a langgraph graph and send its events to sinks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lgstream.adapters.langgraph.run_tap import RunTap
from lgstream.sinks import Sink, attached_sinks
from lgstream.sinks.sink import check_sinks

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

__all__ = ["ainvoke_with_sinks", "has_reducer", "invoke_with_sinks", "overwrite", "resume_command"]


def invoke_with_sinks(
    graph: Any, input: Any, config: RunnableConfig | None = None, sinks: Iterable[Sink] = (), **kwargs: Any
) -> Any:
    """Call ``graph.invoke(input, config, **kwargs)`` and send its events to ``sinks`` and to the attached sinks.

    Args:
        graph: a compiled langgraph graph.
        input: passed to ``invoke``.
        config: passed to ``invoke``, with additions; the caller's dict is not changed.
        sinks: the sinks that receive the events.
        **kwargs: passed to ``invoke``.

    Returns:
        What ``invoke`` returns. Exceptions of ``invoke`` are raised unchanged.
    """
    with RunTap(graph, [*check_sinks(sinks), *attached_sinks()]) as tap:
        tap.result = graph.invoke(input, tap.start(input, config), **kwargs)
    return tap.result


async def ainvoke_with_sinks(
    graph: Any, input: Any, config: RunnableConfig | None = None, sinks: Iterable[Sink] = (), **kwargs: Any
) -> Any:
    """Call ``await graph.ainvoke(input, config, **kwargs)`` like :func:`invoke_with_sinks`."""
    async with RunTap(graph, [*check_sinks(sinks), *attached_sinks()]) as tap:
        tap.result = await graph.ainvoke(input, tap.start(input, config), **kwargs)
    return tap.result


def resume_command(answers: dict[str, Any]) -> Any:
    """Return the input that resumes an interrupted run with ``answers``, by interrupt id."""
    from langgraph.types import Command

    return Command(resume=answers)


def overwrite(value: Any) -> Any:
    """Return a write that replaces the value of a key instead of passing it to the key's reducer."""
    from langgraph.types import Overwrite

    return Overwrite(value)


def has_reducer(channel: Any) -> bool:
    """Return True if ``channel`` combines writes with a reducer."""
    from langgraph.channels import BinaryOperatorAggregate

    return isinstance(channel, BinaryOperatorAggregate)
