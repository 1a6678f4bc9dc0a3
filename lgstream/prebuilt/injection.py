"""Arguments of tools that the model does not choose: the state, the store and the runtime.

Markers in the signature of a tool request them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import SimpleNamespace, UnionType
from typing import Annotated, Any, Generic, Union, get_args, get_origin, get_type_hints

# pydantic resolves the annotations of ToolRuntime when it builds the schema of a tool, so these are runtime imports.
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool, InjectedToolArg

# langchain has no public base class for parameters that are injected by their type alone.
from langchain_core.tools.base import _DirectlyInjectedToolArg, get_all_basemodel_annotations
from langgraph.store.base import BaseStore
from typing_extensions import TypeVar

from lgstream._langgraph import joint_class, loaded_object
from lgstream.langchain.tool_output_delta import emit_tool_output
from lgstream.runtime import ExecutionInfo
from lgstream.types import StreamWriter

# Any, because pydantic treats the default of a TypeVar as its type and warns about values of other types.
ContextT = TypeVar("ContextT", default=Any)
StateT = TypeVar("StateT", default=Any)

LANGGRAPH_TOOLS = "langgraph.prebuilt.tool_node"
"""The module of langgraph's markers. Published tools have them, and they mean the same here."""


class InjectedState(InjectedToolArg):
    """Marks a parameter of a tool that receives the state of the graph, or one key of it.

    The model does not see the parameter.

    Args:
        field: a key of the state; None for the whole state.

    Example:
        >>> @tool
        ... def find_orders(query: str, user: Annotated[str, InjectedState("user")]) -> list[str]: ...
    """

    def __init__(self, field: str | None = None) -> None:
        self.field = field


class InjectedStore(InjectedToolArg):
    """Marks a parameter of a tool that receives the store that the graph was compiled with."""


@dataclass
class ToolRuntime(_DirectlyInjectedToolArg, Generic[ContextT, StateT]):
    """The argument of a tool for a parameter of this type, or for a parameter ``runtime`` without annotation.

    Attributes:
        state: the input state of the tool node.
        context: the context of the run, an instance of the graph's ``context_schema``.
        config: the config of this call.
        stream_writer: streams its argument as a ``custom`` chunk.
        tool_call_id: the id of the tool call, for ToolMessages that answer it.
        store: the store of the graph, or None.
        tools: all tools of the tool node.
        execution_info: the task that is running.
        server_info: the assistant of a server that runs the graph, or None.
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

    def emit_output_delta(self, delta: Any) -> None:
        """Stream a part of the tool's output as a ``tools`` chunk; without such a stream or a sink, do nothing.

        Args:
            delta: the part, a text for example. Views show texts in the card of the tool, as they arrive.
        """
        emit_tool_output(delta)


@dataclass(frozen=True, slots=True)
class InjectedParameters:
    """The names of the injected parameters of a tool.

    Attributes:
        tool_name: the name of the tool.
        state: the parameters that receive the state, with the key of the state; None for the whole state.
        store: the parameters that receive the store.
        runtime: the parameters that receive the runtime.
        langgraph_runtime: those of them that are annotated with langgraph's ToolRuntime.
        hidden: all parameters that the model cannot set, including those that langchain injects.
        optional: the parameters that have a default.
    """

    tool_name: str
    state: Mapping[str, str | None]
    store: tuple[str, ...]
    runtime: tuple[str, ...]
    langgraph_runtime: tuple[str, ...]
    hidden: frozenset[str]
    optional: frozenset[str]

    def inject(
        self, model_arguments: Mapping[str, Any], runtime: ToolRuntime[Any, Any], messages_key: str
    ) -> dict[str, Any]:
        """Return the arguments of the model together with the injected ones.

        Arguments of the model for hidden parameters are dropped.

        Raises:
            KeyError, AttributeError: if a parameter without default needs a key that the state does not have.
            ValueError: if the tool needs a store and there is none, or a key of a state that is a list of messages.
        """
        arguments = {name: value for name, value in model_arguments.items() if name not in self.hidden}
        state = self._state_with_keys(runtime.state, messages_key)
        for name, key in self.state.items():
            if key is None:
                arguments[name] = state
            elif _has_key(state, key):
                arguments[name] = state[key] if isinstance(state, Mapping) else getattr(state, key)
            elif name not in self.optional:
                error_type = KeyError if isinstance(state, Mapping) else AttributeError
                raise error_type(
                    f"Tool '{self.tool_name}' needs '{key}' of the state as '{name}', but the state does not have it. "
                    f"Write '{key}' before the tool runs, or give '{name}' a default."
                )
        for name in self.store:
            if runtime.store is not None:
                arguments[name] = runtime.store
            elif name not in self.optional:
                raise ValueError(
                    f"Tool '{self.tool_name}' needs the store as '{name}', but the graph has none. Compile it with "
                    "store=..., or give the parameter a default."
                )
        arguments.update(dict.fromkeys(self.runtime, runtime))
        if self.langgraph_runtime:
            arguments.update(dict.fromkeys(self.langgraph_runtime, _langgraph_runtime(runtime)))
        return arguments

    def _state_with_keys(self, state: Any, messages_key: str) -> Any:
        """Return a state with keys; a list of messages becomes a state with one key."""
        if not isinstance(state, list):
            return state
        missing = sorted(key for key in self.state.values() if key not in (None, messages_key))
        if missing:
            raise ValueError(
                f"Tool '{self.tool_name}' needs {', '.join(missing)} of the state, but the input of the tool node is a "
                "bare list of messages. Pass the state of the graph to the node, a dict with these keys."
            )
        return {messages_key: state}


def _langgraph_runtime(runtime: ToolRuntime[Any, Any]) -> Any:
    """Return a runtime that is an instance of langgraph's ToolRuntime as well, as the tool's schema demands."""
    cls = joint_class(ToolRuntime, loaded_object("ToolRuntime", LANGGRAPH_TOOLS))
    return cls(**{field.name: getattr(runtime, field.name) for field in fields(runtime)})


def _has_key(state: Any, key: str) -> bool:
    return key in state if isinstance(state, Mapping) else hasattr(state, key)


def find_injected_parameters(tool: BaseTool) -> InjectedParameters:
    """Return the injected parameters of a tool.

    Raises:
        ValueError: if a parameter is marked with InjectedState more than once.
    """
    parameters, optional = _parameter_annotations(tool)
    state: dict[str, str | None] = {}
    store, runtime, langgraph_runtime, hidden = [], [], [], set()
    for name, hint in parameters.items():
        parts = list(_annotation_parts(hint))
        states = [part for part in parts if _is_kind(part, InjectedState)]
        if len(states) > 1:
            raise ValueError(
                f"Parameter '{name}' of tool '{tool.name}' is marked with InjectedState {len(states)} times: mark "
                "it once."
            )
        if states:
            state[name] = getattr(states[0], "field", None) or None
        if any(_is_kind(part, InjectedStore) for part in parts):
            store.append(name)
        if any(_is_kind(part, ToolRuntime) for part in parts):
            runtime.append(name)
        if any(map(_is_langgraph_runtime, parts)):
            langgraph_runtime.append(name)
        if _is_injected(hint):
            hidden.add(name)
    if not runtime and parameters.get("runtime", str) in (Any, inspect.Parameter.empty):
        runtime.append("runtime")
    return InjectedParameters(
        tool.name, state, tuple(store), tuple(runtime), tuple(langgraph_runtime), frozenset(hidden), optional
    )


def _is_kind(part: Any, kind: type) -> bool:
    """Return True if a part of an annotation is the class ``kind``, a subclass or an instance of it.

    The class of langgraph with the same name counts as well.
    """
    langgraph_class = loaded_object(kind.__name__, LANGGRAPH_TOOLS)
    kinds = (kind,) if langgraph_class is None else (kind, langgraph_class)
    return isinstance(part, kinds) or (isinstance(part, type) and issubclass(part, kinds))


def _is_langgraph_runtime(part: Any) -> bool:
    langgraph_class = loaded_object("ToolRuntime", LANGGRAPH_TOOLS)
    return langgraph_class is not None and isinstance(part, type) and issubclass(part, langgraph_class)


def _annotation_parts(hint: Any) -> Iterator[Any]:
    """Yield the type in an annotation and the metadata of ``Annotated``; for a union, those of all members."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *extras = get_args(hint)
        yield from _annotation_parts(inner)
        yield from extras
    elif origin in (Union, UnionType):
        for member in get_args(hint):
            yield from _annotation_parts(member)
    else:
        yield origin or hint


def _is_injected(hint: Any) -> bool:
    parts = _annotation_parts(hint)
    return any(_is_kind(part, InjectedToolArg) or _is_kind(part, _DirectlyInjectedToolArg) for part in parts)


def _parameter_annotations(tool: BaseTool) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the annotations of the parameters of a tool, and the names of those with a default."""
    hints: dict[str, Any] = {}
    optional: set[str] = set()
    if not isinstance(tool.args_schema, dict):
        schema = tool.get_input_schema()
        hints.update(get_all_basemodel_annotations(schema))
        fields = getattr(schema, "model_fields", {})
        optional.update(name for name, field in fields.items() if not field.is_required())
    function: Callable[..., Any] = getattr(tool, "func", None) or getattr(tool, "coroutine", None) or tool._run  # noqa: SLF001 - what a subclass of BaseTool implements
    for name, parameter in inspect.signature(function).parameters.items():
        hint = _resolve_annotation(parameter, function)
        if name not in hints or _is_injected(hint):
            hints[name] = hint
        if parameter.default is not inspect.Parameter.empty:
            optional.add(name)
    return hints, frozenset(optional)


def _resolve_annotation(parameter: inspect.Parameter, function: Any) -> Any:
    """Return the annotation of a parameter; as text if a name in it is not a global of the function's module."""
    if not isinstance(parameter.annotation, str):
        return parameter.annotation
    while isinstance(function, functools.partial):
        function = function.func
    names = getattr(inspect.unwrap(function), "__globals__", {})
    holder = SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    try:
        return get_type_hints(holder, names, include_extras=True)[parameter.name]
    except NameError:
        return parameter.annotation
