"""Converts objects of the ``langgraph`` package into lgstream's: what nodes return, routers choose and tasks raise.

Published tools and agents return langgraph's ``Command`` or raise its ``GraphInterrupt``. They are converted where they
enter a graph of lgstream, so that everything below knows only one class of each.
"""

from __future__ import annotations

from typing import Any

from lgstream._langgraph import ERRORS, has_langgraph_types, is_langgraph
from lgstream.errors import GraphDrained, GraphInterrupt, ParentCommand
from lgstream.types import Interrupt, Send, TimeoutPolicy


def own_value(value: Any) -> Any:
    """Return lgstream's object for a Command or Send of langgraph, also in a list or tuple; else ``value`` itself."""
    if not has_langgraph_types():
        return value
    if isinstance(value, list | tuple):
        return _own_items(value)
    return _own_object(value)


def _own_items(items: list[Any] | tuple[Any, ...]) -> Any:
    """Return the items converted; the same list or tuple if there is nothing to convert."""
    converted = [_own_object(item) for item in items]
    is_same = all(new is old for new, old in zip(converted, items, strict=True))
    return items if is_same else converted


def _own_object(value: Any) -> Any:
    if is_langgraph(value, "Send"):
        return own_send(value)
    return own_command(value) if is_langgraph(value, "Command") else value


def own_command(command: Any) -> Any:
    """Return lgstream's Command for one of langgraph, with the Sends of its ``goto`` converted."""
    from lgstream._command import Command

    return Command(graph=command.graph, update=command.update, resume=command.resume, goto=own_value(command.goto))


def own_send(send: Any) -> Send:
    """Return lgstream's Send for one of langgraph."""
    return Send(send.node, send.arg, timeout=own_timeout(getattr(send, "timeout", None)))


def own_timeout(timeout: Any) -> Any:
    """Return lgstream's TimeoutPolicy for one of langgraph; a number, a timedelta or None as it is."""
    if not is_langgraph(timeout, "TimeoutPolicy"):
        return timeout
    return TimeoutPolicy(timeout.run_timeout, timeout.idle_timeout, timeout.refresh_on)


def own_interrupt(interrupt: Any) -> Any:
    """Return lgstream's Interrupt for one of langgraph; any other value as it is."""
    if not is_langgraph(interrupt, "Interrupt"):
        return interrupt
    return Interrupt(interrupt.value, interrupt.id, response_schema=getattr(interrupt, "response_schema", None))


def own_error(error: Exception) -> Exception:
    """Return lgstream's GraphInterrupt, ParentCommand or GraphDrained for one of langgraph; else ``error`` itself."""
    if is_langgraph(error, "GraphInterrupt", ERRORS):
        interrupts = error.args[0] if error.args else ()
        own: Exception = GraphInterrupt(tuple(own_interrupt(item) for item in interrupts))
    elif is_langgraph(error, "ParentCommand", ERRORS):
        own = ParentCommand(own_value(error.args[0]))
    elif is_langgraph(error, "GraphDrained", ERRORS):
        own = GraphDrained(error.reason)  # type: ignore[attr-defined]
    else:
        return error
    return own.with_traceback(error.__traceback__)
