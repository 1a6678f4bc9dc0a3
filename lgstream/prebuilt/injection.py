"""What a tool is given that the model does not choose: the state, the store, the run; marked in its signature."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace, UnionType
from typing import Annotated, Any, Generic, Union, get_args, get_origin, get_type_hints

# pydantic resolves the annotations of ToolRuntime while it makes a tool's schema, so they are imported for good
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolArg

# langchain has no public base class for parameters that are injected by their type alone
from langchain_core.tools.base import _DirectlyInjectedToolArg, get_all_basemodel_annotations
from langgraph.store.base import BaseStore
from typing_extensions import TypeVar

from lgstream.runtime import ExecutionInfo
from lgstream.types import StreamWriter

# Any, since pydantic takes a TypeVar's default for its type and warns of every value of another
ContextT = TypeVar("ContextT", default=Any)
StateT = TypeVar("StateT", default=Any)


class InjectedState(InjectedToolArg):
    """Marks a tool's parameter that is given the graph's state, or one key of it.

    ``def find(query: str, user: Annotated[str, InjectedState("user")])``; the model does not see the parameter.
    """

    def __init__(self, field: str | None = None) -> None:
        self.field = field


class InjectedStore(InjectedToolArg):
    """Marks a tool's parameter that is given the store the graph was compiled with."""


@dataclass
class ToolRuntime(_DirectlyInjectedToolArg, Generic[ContextT, StateT]):
    """The run as a tool sees it, given to a parameter of this type (or, without a type, named ``runtime``).

    Attributes:
        state: the state that the tool node was given.
        context: the run's context, an instance of the graph's ``context_schema``.
        config: the config of this call.
        stream_writer: writes to ``stream_mode="custom"``.
        tool_call_id: the id that the tool's message answers.
        store: the graph's store, or None.
        tools: all tools of the tool node.
        execution_info: which task is running.
    """

    state: StateT
    context: ContextT
    config: RunnableConfig
    stream_writer: StreamWriter
    tool_call_id: str | None
    store: BaseStore | None
    tools: list[BaseTool] = field(default_factory=list)
    execution_info: ExecutionInfo | None = None
    server_info: Any = None


@dataclass(frozen=True, slots=True)
class Wants:
    """The injected parameters of a tool.

    ``state`` maps a parameter to the key of the state it is given, None for the whole state. ``hidden`` are all that
    the model may not set, langchain's own included; ``optional`` are the parameters that have a default.
    """

    tool: str
    state: Mapping[str, str | None]
    store: tuple[str, ...]
    runtime: tuple[str, ...]
    hidden: frozenset[str]
    optional: frozenset[str]

    def arguments(self, given: Mapping[str, Any], runtime: ToolRuntime[Any, Any], messages_key: str) -> dict[str, Any]:
        """The model's arguments with the injected ones among them, and nothing that the model slipped in for those.

        Raises:
            KeyError, AttributeError: the state lacks a key that a parameter without a default needs.
            ValueError: the tool needs a store and there is none, or a key of a state that is a bare list of messages.
        """
        arguments = {name: value for name, value in given.items() if name not in self.hidden}
        state = self._keyed(runtime.state, messages_key)
        for name, key in self.state.items():
            if key is None:
                arguments[name] = state
            elif _has(state, key):
                arguments[name] = state[key] if isinstance(state, Mapping) else getattr(state, key)
            elif name not in self.optional:
                kind = KeyError if isinstance(state, Mapping) else AttributeError
                raise kind(
                    f"Tool '{self.tool}' is given '{key}' of the state as '{name}', but the state does not hold it. "
                    f"Write '{key}' before the tool runs, or give '{name}' a default."
                )
        for name in self.store:
            if runtime.store is not None:
                arguments[name] = runtime.store
            elif name not in self.optional:
                raise ValueError(
                    f"Tool '{self.tool}' is given the store as '{name}', but the graph has none. Compile it with "
                    "store=..., or give the parameter a default."
                )
        return {**arguments, **dict.fromkeys(self.runtime, runtime)}

    def _keyed(self, state: Any, messages_key: str) -> Any:
        """The state by its keys; a bare list of messages has one, the messages."""
        if not isinstance(state, list):
            return state
        lacking = sorted(key for key in self.state.values() if key not in (None, messages_key))
        if lacking:
            raise ValueError(
                f"Tool '{self.tool}' is given {', '.join(lacking)} of the state, but the tool node got a bare list of "
                "messages. Give the node the graph's state, a dict with these keys."
            )
        return {messages_key: state}


def _has(state: Any, key: str) -> bool:
    return key in state if isinstance(state, Mapping) else hasattr(state, key)


def wants_of(tool: BaseTool) -> Wants:
    """Look at a tool's parameters. Raises ValueError for one that is marked with InjectedState twice."""
    parameters, optional = _parameters(tool)
    state: dict[str, str | None] = {}
    store, runtime, hidden = [], [], set()
    for name, hint in parameters.items():
        markers = list(_markers(hint))
        states = [marker for marker in markers if _is(marker, InjectedState)]
        if len(states) > 1:
            raise ValueError(
                f"Parameter '{name}' of tool '{tool.name}' is marked with InjectedState {len(states)} times; once is "
                "all it takes."
            )
        if states:
            state[name] = getattr(states[0], "field", None) or None
        if any(_is(marker, InjectedStore) for marker in markers):
            store.append(name)
        if any(_is(marker, ToolRuntime) for marker in markers):
            runtime.append(name)
        if _is_injected(hint):
            hidden.add(name)
    if not runtime and parameters.get("runtime", str) in (Any, inspect.Parameter.empty):
        runtime.append("runtime")
    return Wants(tool.name, state, tuple(store), tuple(runtime), frozenset(hidden), optional)


def _is(marker: Any, kind: type) -> bool:
    return isinstance(marker, kind) or (isinstance(marker, type) and issubclass(marker, kind))


def _markers(hint: Any) -> Iterator[Any]:
    """All that an annotation says: its type, what ``Annotated`` adds, and the same of a union's members."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *extras = get_args(hint)
        yield from _markers(inner)
        yield from extras
    elif origin in (Union, UnionType):
        for member in get_args(hint):
            yield from _markers(member)
    else:
        yield origin or hint


def _is_injected(hint: Any) -> bool:
    return any(_is(marker, InjectedToolArg) or _is(marker, _DirectlyInjectedToolArg) for marker in _markers(hint))


def _parameters(tool: BaseTool) -> tuple[dict[str, Any], frozenset[str]]:
    """The annotations of a tool's parameters, by its schema or its function; and those that have a default."""
    hints: dict[str, Any] = {}
    optional: set[str] = set()
    if not isinstance(tool.args_schema, dict):
        schema = tool.get_input_schema()
        hints.update(get_all_basemodel_annotations(schema))
        fields = getattr(schema, "model_fields", {})
        optional.update(name for name, one in fields.items() if not one.is_required())
    function: Callable[..., Any] = getattr(tool, "func", None) or getattr(tool, "coroutine", None) or tool._run
    for name, parameter in inspect.signature(function).parameters.items():
        hint = _resolved(parameter, function)
        if name not in hints or _is_injected(hint):
            hints[name] = hint
        if parameter.default is not inspect.Parameter.empty:
            optional.add(name)
    return hints, frozenset(optional)


def _resolved(parameter: inspect.Parameter, function: Any) -> Any:
    """A parameter's annotation; as text where it names something that is not among the function's globals."""
    if not isinstance(parameter.annotation, str):
        return parameter.annotation
    while isinstance(function, functools.partial):
        function = function.func
    names = getattr(inspect.unwrap(function), "__globals__", {})
    alone = SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    try:
        return get_type_hints(alone, names, include_extras=True)[parameter.name]
    except NameError:
        return parameter.annotation
