"""The functional API: ``@entrypoint`` makes a function a graph, ``@task`` makes the functions that it calls tasks."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_origin, overload

from lgstream._arguments import wrong_type
from lgstream._langgraph import loaded_object
from lgstream._reserved import CONFIG_KEY_CALL, PREVIOUS
from lgstream._send import as_timeout_policy
from lgstream.channels import BaseChannel, EphemeralValue, LastValue
from lgstream.channels.schema import callable_type_hints
from lgstream.config import get_config, task_of
from lgstream.constants import END, START
from lgstream.engine.callables import wrap_callable
from lgstream.engine.program import Node, Program, StateReader
from lgstream.engine.tasks.cache import cache_namespace
from lgstream.engine.tasks.called_nodes import called_node
from lgstream.engine.tasks.future import TaskFuture
from lgstream.engine.tasks.timeout import check_async
from lgstream.graph.policies import checked_cache_policy, retry_policies
from lgstream.types import CachePolicy, RetryPolicy
from lgstream.warnings import rename_keywords

if TYPE_CHECKING:
    from lgstream.graph.compiled import CompiledGraph

__all__ = ["entrypoint", "task"]

R = TypeVar("R")
S = TypeVar("S")
V = TypeVar("V")

_RENAMED_KEYWORDS = {
    "task": {"retry": "retry_policy"},
    "entrypoint": {"retry": "retry_policy", "config_schema": "context_schema"},
}
"""New name by old name, for each function."""


class TaskFunction(Generic[R]):
    """A function that runs as a task of the entrypoint that calls it; a call returns a future.

    Sync code gets the result by ``.result()``, async code by ``await``. The result is saved with the checkpoint, so a
    resumed run does not call the function again.
    """

    def __init__(self, function: Callable[..., Any], node: Node) -> None:
        self.func = function
        self._node = node
        functools.update_wrapper(self, function)

    def clear_cache(self, cache: Any) -> None:
        """Remove the cached results of the task."""
        if self._node.cache_policy is not None:
            cache.clear((cache_namespace(self._node),))

    async def aclear_cache(self, cache: Any) -> None:
        """:meth:`clear_cache` with the cache's async methods."""
        if self._node.cache_policy is not None:
            await cache.aclear((cache_namespace(self._node),))

    def __call__(self, *args: Any, **kwargs: Any) -> TaskFuture[R]:
        """Start the task.

        Raises:
            RuntimeError: if no entrypoint or node is running in this context.
        """
        config = get_config()
        call: Callable[..., TaskFuture[R]] = config["configurable"][CONFIG_KEY_CALL]
        if task_of(config["configurable"]) is not None:
            return call(self._node, (args, kwargs))
        node = self._node  # a task of langgraph is running: it calls functions, not nodes
        return call(
            _with_name(self.func, node.name),
            (args, kwargs),
            retry_policy=node.retry_policies or None,
            cache_policy=node.cache_policy,
            callbacks=config.get("callbacks"),
            timeout=node.timeout,
        )


def _with_name(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return the function under another name, by which langgraph calls its task."""
    if not isinstance(function, FunctionType) or function.__name__ == name:
        return function
    renamed = FunctionType(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
    functools.update_wrapper(renamed, function)
    renamed.__name__ = name
    return renamed


@overload
def task(function: Callable[..., Any], /) -> TaskFunction[Any]: ...
@overload
def task(
    *,
    name: str | None = None,
    retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
    cache_policy: CachePolicy | None = None,
    timeout: Any = None,
) -> Callable[[Callable[..., Any]], TaskFunction[Any]]: ...


def task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
    cache_policy: CachePolicy | None = None,
    timeout: Any = None,
    **renamed_keywords: Any,
) -> Any:
    """Make a function, sync or async, a task. Use it as ``@task``, or with options as ``@task(name=...)``.

    Args:
        function: the function.
        name: the name of the task; by default the name of the function.
        retry_policy: how failed calls are repeated; several policies are tried in order.
        cache_policy: how results are cached.
        timeout: limit of one attempt, in seconds, as a timedelta or as a TimeoutPolicy; only for async functions.
        **renamed_keywords: ``retry``, a deprecated name of ``retry_policy``. No others are accepted.

    Raises:
        ValueError: if the timeout is not positive, or the function is sync and has a timeout.
        TypeError: if a keyword argument is unknown, a policy is not one, or ``function`` is not callable.

    Example:
        >>> @task
        ... def summarize(text: str) -> str: ...
        >>> @entrypoint()
        ... def summarize_all(texts: list[str]) -> list[str]:
        ...     futures = [summarize(text) for text in texts]
        ...     return [future.result() for future in futures]
    """
    timeout_policy = as_timeout_policy(timeout)
    retry_policy = rename_keywords(renamed_keywords, _RENAMED_KEYWORDS["task"], "task").get(
        "retry_policy", retry_policy
    )

    def decorate(function: Callable[..., Any]) -> TaskFunction[Any]:
        if not callable(function):
            raise wrong_type("What @task decorates", function, "a function")
        policies = retry_policies(retry_policy), checked_cache_policy(cache_policy)
        node = called_node(function, name, *policies, timeout_policy)
        return TaskFunction(function, node)

    return decorate if function is None else decorate(function)


class entrypoint(Generic[R]):
    """Make a function a graph with one node. Its first argument is the input, its return value is the output.

    The function can also have parameters named ``writer``, ``config``, ``store``, ``runtime`` and ``previous``. The
    last one is the value that the previous run on the thread returned, or saved by :class:`entrypoint.final`.

    Args:
        checkpointer: saves the results of tasks and ``previous``.
        store: the store of the graph.
        cache: the cache for ``cache_policy`` of the entrypoint and its tasks.
        context_schema: the type of ``runtime.context``.
        cache_policy: how results of the entrypoint are cached.
        retry_policy: how failed calls are repeated; several policies are tried in order.
        timeout: limit of one attempt, in seconds, as a timedelta or as a TimeoutPolicy; only for async functions.
        **renamed_keywords: ``retry`` and ``config_schema``, deprecated names of ``retry_policy`` and
            ``context_schema``. No others are accepted.

    Raises:
        ValueError: if the timeout is not positive.
        TypeError: if a keyword argument is unknown, or ``@entrypoint`` is written without parentheses.
    """

    @dataclass(slots=True)
    class final(Generic[V, S]):
        """A return value together with a different value for ``previous`` of the next run.

        Attributes:
            value: the output of this run.
            save: ``previous`` of the next run on the thread.
        """

        value: V
        save: S

    def __init__(
        self,
        checkpointer: Any = None,
        store: Any = None,
        cache: Any = None,
        context_schema: Any = None,
        cache_policy: CachePolicy | None = None,
        retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
        timeout: Any = None,
        **renamed_keywords: Any,
    ) -> None:
        keywords = rename_keywords(renamed_keywords, _RENAMED_KEYWORDS["entrypoint"], "entrypoint")
        if isinstance(checkpointer, FunctionType):
            raise wrong_type("checkpointer", checkpointer, "a saver: write @entrypoint(), with parentheses")
        self.checkpointer = checkpointer
        self.store = store
        self.cache = cache
        self.context_schema = keywords.get("context_schema", context_schema)
        self.cache_policy = checked_cache_policy(cache_policy)
        self.retry_policy = keywords.get("retry_policy", retry_policy)
        self.timeout = as_timeout_policy(timeout)

    def __call__(self, function: Callable[..., Any]) -> CompiledGraph:
        """Return the function as a graph.

        Raises:
            NotImplementedError: if the function is a generator.
            TypeError: if it is not callable, or an option of the entrypoint is of a wrong type.
            ValueError: if it has no parameter for the input, or is sync and has a timeout.
        """
        from lgstream.graph.compiled import CompiledGraph
        from lgstream.graph.persistence import check_checkpointer

        check_checkpointer(self.checkpointer)
        if not callable(function):
            raise wrong_type("What @entrypoint() decorates", function, "a function")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise NotImplementedError("Generators cannot be entrypoints: use the stream writer to stream from one.")
        if not inspect.signature(function).parameters:
            raise ValueError("Entrypoint function must have at least one parameter, for the input.")
        program = self._program(function)
        return CompiledGraph(
            program=program,
            output_schema=program.channels[END].ValueType,
            checkpointer=self.checkpointer,
            cache=self.cache,
            store=self.store,
            context_schema=self.context_schema,
        )

    def _program(self, function: Callable[..., Any]) -> Program:
        action = wrap_callable(function)
        if self.timeout is not None:
            check_async(function.__name__, action)
        node = Node(
            name=function.__name__,
            action=action,
            reader=StateReader((), single_key=START),
            triggers=(START,),
            writable_keys=frozenset((END, PREVIOUS)),
            retry_policies=retry_policies(self.retry_policy),
            cache_policy=self.cache_policy,
            timeout=self.timeout,
            map_output=_entrypoint_writes,
        )
        input_type, output_type = _annotated_types(function)
        channels: dict[str, BaseChannel[Any, Any, Any]] = {
            START: EphemeralValue(input_type),
            END: LastValue(output_type, END),
            PREVIOUS: LastValue(Any, PREVIOUS),
        }
        channels[START].key = START
        return Program(
            name=function.__name__,
            nodes={node.name: node},
            channels=channels,
            managed={},
            stream_keys=END,
            input_key=START,
            output_keys=END,
            calls_tasks=True,
        )


def _annotated_types(function: Callable[..., Any]) -> tuple[Any, Any]:
    """Return the annotated types of the input and the output of an entrypoint."""
    hints = callable_type_hints(function)
    input_type = hints.get(next(iter(inspect.signature(function).parameters)), Any)
    output_type = hints.get("return", Any)
    if output_type in _final_classes():
        output_type = Any
    elif get_origin(output_type) in _final_classes():
        output_type = get_args(output_type)[0]
    return input_type, output_type


def _final_classes() -> tuple[Any, ...]:
    """Return the class ``entrypoint.final``, and that of langgraph if it is loaded."""
    langgraph_entrypoint = loaded_object("entrypoint", "langgraph.func")
    return (entrypoint.final,) if langgraph_entrypoint is None else (entrypoint.final, langgraph_entrypoint.final)


def _entrypoint_writes(output: Any) -> list[tuple[str, Any]]:
    if isinstance(output, _final_classes()):
        return [(END, output.value), (PREVIOUS, output.save)]
    return [(END, output), (PREVIOUS, output)]
