"""Converts objects of the ``langgraph`` package into lgstream's: what nodes return, routers choose and tasks raise.

Published tools and agents return langgraph's ``Command`` or raise its ``GraphInterrupt``. They are converted where they
enter a graph of lgstream, so that everything below knows only one class of each. Where a graph of lgstream runs in a
task of langgraph, what leaves it is converted into langgraph's classes (the functions ``langgraph_...``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from lgstream._langgraph import ERRORS, has_langgraph_types, is_langgraph, loaded_object
from lgstream.errors import GraphBubbleUp, GraphDrained, GraphInterrupt, ParentCommand
from lgstream.inspection.classes import any_derives, derives
from lgstream.types import Interrupt, Overwrite, PregelTask, Send, StateSnapshot, TimeoutPolicy

Converter = Callable[[Any], Any]
"""Returns an object of one package for one of the other."""


def own_value(value: Any) -> Any:
    """Return lgstream's object for a Command or Send of langgraph, also in a list or tuple; else ``value`` itself."""
    if not has_langgraph_types():
        return value
    if derives(type(value), list) or derives(type(value), tuple):
        return _own_items(value)
    return _own_object(value)


def _own_items(items: list[Any] | tuple[Any, ...]) -> Any:
    """Return the items converted; the same list or tuple if there is nothing to convert."""
    base: Any = list if derives(type(items), list) else tuple
    classes = filter(None, map(loaded_object, ("Command", "Send")))
    has_any = any(any_derives(base.__iter__(items), cls) for cls in classes)  # the items of a state may be many
    return [_own_object(item) for item in items] if has_any else items


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
    if isinstance(error, GraphBubbleUp):
        return error
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


def langgraph_value(value: Any) -> Any:
    """Return langgraph's object for a Command, Send or Overwrite, also in a list or tuple; else ``value`` itself."""
    if isinstance(value, list | tuple):
        converted = [_langgraph_object(item) for item in value]
        is_same = all(new is old for new, old in zip(converted, value, strict=True))
        return value if is_same else converted
    return _langgraph_object(value)


def _langgraph_object(value: Any) -> Any:
    from lgstream._command import Command

    if isinstance(value, Command):
        return langgraph_command(value)
    if isinstance(value, Send):
        timeout = None if value.timeout is None else loaded_object("TimeoutPolicy")(**asdict(value.timeout))
        return loaded_object("Send")(value.node, value.arg, timeout=timeout)
    return loaded_object("Overwrite")(value.value) if isinstance(value, Overwrite) else value


def langgraph_command(command: Any) -> Any:
    """Return langgraph's Command for one of lgstream, with the objects in its update and its ``goto`` converted."""
    update = command.update
    if isinstance(update, dict):
        update = {key: langgraph_value(value) for key, value in update.items()}
    goto = langgraph_value(command.goto)
    return loaded_object("Command")(graph=command.graph, update=update, resume=command.resume, goto=goto)


def langgraph_interrupt(interrupt: Any) -> Any:
    """Return langgraph's Interrupt for one of lgstream; any other value as it is."""
    if not isinstance(interrupt, Interrupt):
        return interrupt
    return loaded_object("Interrupt")(interrupt.value, interrupt.id, response_schema=interrupt.response_schema)


def own_snapshot(snapshot: Any) -> StateSnapshot:
    """Return lgstream's StateSnapshot for one of langgraph, with those of its nested graphs."""
    own: StateSnapshot = _converted_snapshot(snapshot, StateSnapshot, PregelTask, own_interrupt)
    return own


def langgraph_snapshot(snapshot: StateSnapshot) -> Any:
    """Return langgraph's StateSnapshot for one of lgstream, with those of nested graphs; as it is without langgraph."""
    snapshot_class = loaded_object("StateSnapshot")
    if snapshot_class is None or type(snapshot) is not StateSnapshot:
        return snapshot
    return _converted_snapshot(snapshot, snapshot_class, loaded_object("PregelTask"), langgraph_interrupt)


def _converted_snapshot(snapshot: Any, snapshot_class: Any, task_class: Any, convert_interrupt: Converter) -> Any:
    """Return a snapshot, its tasks, and the snapshots of nested graphs in them as instances of these classes."""
    tasks = []
    for task in snapshot.tasks:
        is_snapshot = isinstance(task.state, type(snapshot))
        state = (
            _converted_snapshot(task.state, snapshot_class, task_class, convert_interrupt)
            if is_snapshot
            else task.state
        )
        interrupts = tuple(map(convert_interrupt, task.interrupts))
        tasks.append(task_class(**{**task._asdict(), "state": state, "interrupts": interrupts}))
    interrupts = tuple(map(convert_interrupt, snapshot.interrupts))
    return snapshot_class(**{**snapshot._asdict(), "tasks": tuple(tasks), "interrupts": interrupts})


def langgraph_error(error: BaseException) -> BaseException:
    """Return langgraph's GraphInterrupt, ParentCommand or GraphDrained for lgstream's; else ``error`` itself."""
    if isinstance(error, GraphInterrupt):
        interrupts = tuple(map(langgraph_interrupt, error.args[0]))
        raised: BaseException = loaded_object("GraphInterrupt", ERRORS)(interrupts)
    elif isinstance(error, ParentCommand):
        raised = loaded_object("ParentCommand", ERRORS)(langgraph_command(error.args[0]))
    elif isinstance(error, GraphDrained):
        raised = loaded_object("GraphDrained", ERRORS)(error.reason)
    else:
        return error
    return raised.with_traceback(error.__traceback__)
