"""The callables of nodes and routing functions: functions with injected parameters, and langchain Runnables."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from lgstream.config import Config
from lgstream.effects.effects import CallEffect
from lgstream.engine.purity import is_pure_function
from lgstream.types import StreamWriter

_OPTIONAL_CONFIG = ("RunnableConfig", "Optional[RunnableConfig]", "RunnableConfig | None")
_OPTIONAL_STORE = ("BaseStore", "Optional[BaseStore]", "BaseStore | None")

INJECTED_PARAMETERS: dict[str, tuple[str, ...] | None] = {
    "config": _OPTIONAL_CONFIG,
    "writer": ("StreamWriter",),
    "store": _OPTIONAL_STORE,
    "previous": None,
    "runtime": None,
    "error": ("NodeError",),
}
"""The parameters that a function receives if it declares them, each with its allowed annotations (None: any)."""

_ANNOTATION_MODULES = ("typing.", "langchain_core.runnables.config.", "langgraph.store.base.", "lgstream.errors.")

_new = tuple.__new__
"""Creates a named tuple at half the cost of its constructor; used where one is created in every superstep."""


def is_async_callable(function: Any) -> bool:
    """Return True if calling ``function`` returns a coroutine."""
    while isinstance(function, functools.partial):
        function = function.func
    call_method = getattr(type(function), "__call__", None)  # noqa: B004 - the method that a call of the object runs
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call_method)


def _annotation_text(parameter: inspect.Parameter) -> str:
    """Return the annotation without its module: ``StreamWriter``, ``Optional[RunnableConfig]``; ``""`` for none."""
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return ""
    if isinstance(annotation, type):
        return annotation.__name__
    if annotation == StreamWriter:
        return "StreamWriter"
    text = annotation if isinstance(annotation, str) else str(annotation)
    for module in _ANNOTATION_MODULES:
        text = text.replace(module, "")
    return text


def injected_parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return which of :data:`INJECTED_PARAMETERS` the function has, by name and annotation (reference rule 21)."""
    try:
        parameters = inspect.signature(function).parameters
    except (ValueError, TypeError):
        return ()
    names = []
    for name, allowed in INJECTED_PARAMETERS.items():
        parameter = parameters.get(name)
        if parameter is None or parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            continue
        annotation = _annotation_text(parameter)
        # `error` is a common name, so it needs its annotation
        if (not annotation and name != "error") or allowed is None or annotation in allowed:
            names.append(name)
        elif name == "config":
            warnings.warn(
                f"The 'config' parameter should be typed as 'RunnableConfig' or 'RunnableConfig | None', not "
                f"'{parameter.annotation}': with another type it does not receive the config.",
                UserWarning,
                stacklevel=4,
            )
    return tuple(names)


class InjectionSource(Protocol):
    """Provides the values of injected parameters: a task, or a stand-in for one outside of a run."""

    @property
    def config(self) -> Config:
        """The config that the function and the models in it see."""
        ...

    def injected_value(self, name: str) -> Any:
        """Return the value of an injected parameter."""
        ...


@dataclass(slots=True, frozen=True)
class NodeCallable:
    """A user's callable, inspected once, when the graph is built.

    Attributes:
        function: the function, Runnable or compiled graph.
        is_async: True if a call returns a coroutine.
        injected: the names of its injected parameters.
        is_runnable: True if it is a langchain Runnable.
        name: the name that tracers show.
        is_graph: True if it is a compiled graph of lgstream, which finds the calling task without a config.
    """

    function: Any
    is_async: bool
    injected: tuple[str, ...]
    is_runnable: bool
    name: str
    is_graph: bool = False

    @property
    def is_pure(self) -> bool:
        """True if the function only computes; see :mod:`~lgstream.engine.purity`."""
        return not self.is_runnable and is_pure_function(self.function)

    @property
    def needs_only_a_call(self) -> bool:
        """True if a call needs neither an event loop nor a config: a sync function, or a compiled graph of lgstream."""
        return self.is_graph or not (self.is_async or self.is_runnable)

    @property
    def program(self) -> Any:
        """The program of a compiled graph of lgstream; None for everything else."""
        return self.function.program if self.is_graph else None

    def call(self, value: Any, task: InjectionSource) -> Any:
        """Call it in the current thread and return its result; an async function must be pure."""
        if self.is_graph:
            return self.function.run_in_task(task, value)
        result = self.function(value, **self._injected_values(task)) if self.injected else self.function(value)
        return self.coroutine_result(result) if self.is_async else result

    def coroutine_result(self, coroutine: Any) -> Any:
        """Return the result of a coroutine that never awaits."""
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value
        raise RuntimeError(f"{self.name} awaits, although its bytecode contains no instruction for it.")

    def _injected_values(self, task: InjectionSource) -> dict[str, Any]:
        """Return the keyword arguments for the injected parameters."""
        return {name: task.injected_value(name) for name in self.injected}

    def traced_input(self, value: Any) -> Any:
        """Return the input in the form that tracers show."""
        return value

    def call_effect(self, task: InjectionSource, value: Any, is_short: bool = False) -> CallEffect:
        """Return the effect that calls it with ``value`` for ``task``.

        Args:
            task: provides the config and the injected parameters.
            value: the input.
            is_short: True if the call usually takes less time than handing it to a thread.
        """
        if self.is_runnable:
            # a graph without a bound config finds the task by itself, so the task's config need not be built
            finds_task = self.is_graph and not self.function.config
            args = (value,) if finds_task else (value, task.config)
            return CallEffect(self.function.invoke, args, {}, False, self.function.ainvoke)
        kwargs = self._injected_values(task) if self.injected else {}
        return _new(CallEffect, (self.function, (value,), kwargs, self.is_async, None, is_short))


def wrap_callable(action: Any, name: str | None = None) -> NodeCallable:
    """Inspect a node's action.

    Args:
        action: a function (sync or async, also a generator), a Runnable, a compiled graph, or a dict of these.
        name: the name to use instead of the action's own.

    Raises:
        TypeError: if the action cannot be called.
    """
    from langchain_core.runnables import Runnable, RunnableLambda
    from langchain_core.runnables.base import coerce_to_runnable

    if isinstance(action, dict) or inspect.isgeneratorfunction(action) or inspect.isasyncgenfunction(action):
        action = coerce_to_runnable(action) if isinstance(action, dict) else RunnableLambda(action)
    if isinstance(action, Runnable):
        is_graph = getattr(type(action), "is_lgstream_graph", False)
        return NodeCallable(action, False, (), True, name or action.get_name(), is_graph)
    if not callable(action):
        raise TypeError(
            f"A node's action must be a function, a Runnable, a compiled graph or a dict of them, not {action!r} of "
            f"type {type(action).__name__}."
        )
    action_name = name or getattr(action, "__name__", None) or type(action).__name__
    return NodeCallable(action, is_async_callable(action), injected_parameters(action), False, action_name)
