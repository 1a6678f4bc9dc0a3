"""Nodes that other tasks call: the functions of ``@task``, of lgstream and of langgraph."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lgstream._conversions import own_timeout
from lgstream._reserved import PUSH, RETURN
from lgstream.effects.effects import CallEffect
from lgstream.engine.callables import InjectionSource, NodeCallable, injected_parameters, is_async_callable
from lgstream.engine.program import Node, StateReader
from lgstream.engine.tasks.timeout import check_async
from lgstream.types import CachePolicy, RetryPolicy, TimeoutPolicy


@dataclass(slots=True, frozen=True)
class TaskCallable(NodeCallable):
    """A task function: its input is a pair of positional and keyword arguments."""

    def traced_input(self, value: Any) -> Any:
        """Return the arguments by name."""
        args, kwargs = value
        bound_arguments = inspect.signature(self.function).bind_partial(*args, **kwargs)
        bound_arguments.apply_defaults()
        return dict(bound_arguments.arguments)

    def call_effect(self, task: InjectionSource, value: Any, is_short: bool = False) -> CallEffect:
        """Return the effect of calling the function with its arguments and injected parameters."""
        args, kwargs = value
        injected = {name: task.injected_value(name) for name in self.injected if name not in kwargs}
        return CallEffect(self.function, args, {**injected, **kwargs}, self.is_async)

    def call(self, value: Any, task: InjectionSource) -> Any:
        """Call the function in the current thread; see :meth:`NodeCallable.call`."""
        function, args, kwargs, *_ = self.call_effect(task, value)
        result = function(*args, **kwargs)
        return self.coroutine_result(result) if self.is_async else result


def called_node(
    function: Callable[..., Any],
    name: str | None = None,
    retry_policies: Sequence[RetryPolicy] = (),
    cache_policy: CachePolicy | None = None,
    timeout: TimeoutPolicy | None = None,
) -> Node:
    """Return the node of a task function.

    Args:
        function: the function.
        name: the name of the node; by default the name of the function.
        retry_policies: how failed calls are repeated.
        cache_policy: how results are cached.
        timeout: the time limits of one attempt.

    Raises:
        ValueError: if the function is sync and has a timeout.
    """
    unwrapped = function.func if isinstance(function, partial) else function
    task_name = str(name or getattr(unwrapped, "__name__", type(unwrapped).__name__))
    action = TaskCallable(function, is_async_callable(function), injected_parameters(function), False, task_name)
    if timeout is not None:
        check_async(task_name, action)
    return Node(
        name=task_name,
        action=action,
        reader=StateReader(()),
        triggers=(PUSH,),
        writable_keys=frozenset(),
        retry_policies=retry_policies,
        cache_policy=cache_policy,
        timeout=timeout,
        map_output=_task_writes,
    )


def langgraph_task_node(function: Callable[..., Any], options: dict[str, Any]) -> Node:
    """Return the node of a function that langgraph's ``@task`` calls.

    Args:
        function: the function.
        options: the keyword arguments of the call, which langgraph passes besides the function and its arguments.
    """
    return called_node(
        function,
        retry_policies=options.get("retry_policy") or (),
        cache_policy=options.get("cache_policy"),
        timeout=own_timeout(options.get("timeout")),
    )


def _task_writes(output: Any) -> list[tuple[str, Any]]:
    return [(RETURN, output)]
