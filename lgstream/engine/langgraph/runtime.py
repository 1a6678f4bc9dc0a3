"""The runtime of a task as an instance of both packages' ``Runtime``, and its stream writer."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from lgstream._langgraph import loaded_object
from lgstream._reserved import NAMESPACE_SEPARATOR
from lgstream.config import current_config
from lgstream.engine.langgraph.chunks import custom_event
from lgstream.engine.run_state import RunState
from lgstream.runtime import Runtime, no_heartbeat, no_stream_writer

RUNTIME_MODULE = "langgraph.runtime"


def task_runtime(attributes: dict[str, Any]) -> Runtime[Any]:
    """Return a task's runtime: an instance of langgraph's class too, if that has been imported.

    Args:
        attributes: all attributes of the runtime. Setting them at once takes half the time of the constructor.
    """
    langgraph_runtime = loaded_object("Runtime", RUNTIME_MODULE)
    cls = Runtime if langgraph_runtime is None else _subclass_of(langgraph_runtime)
    runtime: Runtime[Any] = cls.__new__(cls)
    runtime.__dict__.update(attributes)
    return runtime


@cache
def _subclass_of(langgraph_runtime: type) -> type[Runtime[Any]]:
    default = loaded_object("DEFAULT_RUNTIME", RUNTIME_MODULE)

    def merge(self: Runtime[Any], other: Any) -> Runtime[Any]:
        """Return a copy with the attributes of ``other`` that are set, in either package."""
        if other.heartbeat is default.heartbeat:
            other = other.override(heartbeat=no_heartbeat)
        if other.stream_writer is default.stream_writer:
            other = other.override(stream_writer=no_stream_writer)
        return Runtime.merge(self, other)

    return type("Runtime", (Runtime, langgraph_runtime), {"merge": merge, "__module__": Runtime.__module__})


def nested_writer(run: RunState, task_ns: str, write: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a stream writer for a task and for the graphs of langgraph that run in it and inherit its runtime.

    Args:
        run: the run of the task.
        task_ns: the checkpoint namespace of the task.
        write: the stream writer of the task itself.
    """
    emit, run_id = run.emit, run.root_run_id

    def write_from_context(data: Any) -> None:
        config = current_config() or {}
        checkpoint_ns = config.get("configurable", {}).get("checkpoint_ns") or task_ns
        if checkpoint_ns == task_ns or not checkpoint_ns.startswith(f"{task_ns}{NAMESPACE_SEPARATOR}"):
            write(data)
        else:
            emit(custom_event(data, config, run_id))

    return write_from_context
