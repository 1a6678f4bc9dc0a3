"""What a node or a routing function calls: a function with injected arguments, or a langchain Runnable."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from lgstream.config import Config
from lgstream.engine.purity import is_silent
from lgstream.types import StreamWriter

#: Parameters that a function is given when it names them; annotations that are allowed beside none at all.
_CONFIG = ("RunnableConfig", "Optional[RunnableConfig]", "RunnableConfig | None")
_WRITER = ("StreamWriter",)
_STORE = ("BaseStore", "Optional[BaseStore]", "BaseStore | None")
INJECTED: dict[str, tuple[str, ...] | None] = {
    "config": _CONFIG, "writer": _WRITER, "store": _STORE, "previous": None, "runtime": None, "error": ("NodeError",),
}  # fmt: skip


class Call(NamedTuple):
    """An effect: call this. ``function`` returns an awaitable where ``is_async``."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    named: dict[str, Any]
    is_async: bool
    alternative: Callable[..., Any] | None = None
    """The async twin of a sync function, preferred where a loop runs (a Runnable's ``ainvoke``)."""
    is_short: bool = False
    """Mostly too short for the way to a thread and back: routing functions, and what only computes."""


_new = tuple.__new__
"""Makes a named tuple at half the cost; where one is made in every superstep."""


class Pause(NamedTuple):
    """An effect: wait this many seconds."""

    seconds: float


Effect = Call | Pause


def is_async(function: Any) -> bool:
    """Whether calling it gives a coroutine."""
    while isinstance(function, functools.partial):
        function = function.func
    called = getattr(type(function), "__call__", None)  # noqa: B004 - what a call of the object runs
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def _annotation(parameter: inspect.Parameter) -> str:
    """The annotation as text, without its module: ``StreamWriter``, ``Optional[RunnableConfig]``."""
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return ""
    if isinstance(annotation, type):
        return annotation.__name__
    if annotation == StreamWriter:
        return "StreamWriter"
    text = annotation if isinstance(annotation, str) else str(annotation)
    for module in ("typing.", "langchain_core.runnables.config.", "langgraph.store.base.", "lgstream.errors."):
        text = text.replace(module, "")
    return text


def injected(function: Callable[..., Any]) -> tuple[str, ...]:
    """Which of :data:`INJECTED` the function asks for, by name and, if annotated, by type (reference rule 21)."""
    try:
        parameters = inspect.signature(function).parameters
    except (ValueError, TypeError):
        return ()
    found = []
    for name, allowed in INJECTED.items():
        parameter = parameters.get(name)
        if parameter is None or parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            continue
        annotation = _annotation(parameter)
        if (not annotation and name != "error") or allowed is None or annotation in allowed:
            found.append(name)
    return tuple(found)


class Giver(Protocol):
    """Who gives a function what it asks for beside its input: a task, in a run."""

    @property
    def config(self) -> Config: ...

    def injectable(self, name: str) -> Any: ...


@dataclass(slots=True, frozen=True)
class Target:
    """A callable of the user's, looked at once, when the graph is built."""

    function: Any
    is_async: bool
    injects: tuple[str, ...]
    is_runnable: bool
    name: str
    finds_task: bool = False
    """Whether it is a compiled graph of this package: it looks for the task that it is called in by itself."""

    @property
    def computes(self) -> bool:
        """Whether the function does nothing but compute; see :mod:`~lgstream.engine.purity`."""
        return not self.is_runnable and is_silent(self.function)

    @property
    def is_sync(self) -> bool:
        """Whether a call of it needs no loop, and no config to be made for it: a sync function, or such a graph."""
        return self.finds_task or not (self.is_async or self.is_runnable)

    @property
    def program(self) -> Any:
        """What runs where it is a compiled graph of this package; None where it is not."""
        return self.function.program if self.finds_task else None

    def compute(self, value: Any, task: Giver) -> Any:
        """Call it here and now: an async function, which must not wait, without a loop; a graph within its task."""
        if self.finds_task:
            return self.function.run_in_task(task, value)
        answer = self.function(value, **self._given_by(task)) if self.injects else self.function(value)
        return self._came_of(answer) if self.is_async else answer

    def _came_of(self, coroutine: Any) -> Any:
        """What a coroutine that does not wait returns."""
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        raise RuntimeError(f"{self.name} waits, though its code does not say so.")

    def _given_by(self, task: Giver) -> dict[str, Any]:
        return {name: task.injectable(name) for name in self.injects}

    def told(self, value: Any) -> Any:
        """The input as tracers see it."""
        return value

    def call(self, task: Giver, value: Any, is_short: bool = False) -> Call:
        """The effect of calling it with ``value`` for ``task``."""
        if self.finds_task:
            # a graph with a config of its own is given the task's to merge it with
            given = (value, task.config) if self.function.config else (value,)
            return Call(self.function.invoke, given, {}, False, self.function.ainvoke)
        if self.is_runnable:
            return Call(self.function.invoke, (value, task.config), {}, False, self.function.ainvoke)
        named = self._given_by(task) if self.injects else {}
        return _new(Call, (self.function, (value,), named, self.is_async, None, is_short))


def target_of(action: Any, name: str | None = None) -> Target:
    """Look at a node's action. Raises TypeError when it is nothing that can be called."""
    from langchain_core.runnables import Runnable, RunnableLambda
    from langchain_core.runnables.base import coerce_to_runnable

    if isinstance(action, dict) or inspect.isgeneratorfunction(action) or inspect.isasyncgenfunction(action):
        action = coerce_to_runnable(action) if isinstance(action, dict) else RunnableLambda(action)
    if isinstance(action, Runnable):
        return Target(action, False, (), True, name or action.get_name(), getattr(type(action), "finds_task", False))
    if not callable(action):
        raise TypeError(
            f"A node's action must be a function, a Runnable, a compiled graph or a dict of them, not {action!r} of "
            f"type {type(action).__name__}."
        )
    own = name or getattr(action, "__name__", None) or type(action).__name__
    return Target(action, is_async(action), injected(action), False, own)
