"""The nodes, edges, routing functions and schemas of a ``StateGraph``, as data."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from lgstream._arguments import check_list, check_schema, check_type, wrong_type
from lgstream.channels import BaseChannel, LastValue
from lgstream.channels.schema import callable_type_hints, channels_from_schema, has_keys
from lgstream.engine.callables import NodeCallable, wrap_callable
from lgstream.managed.base import ManagedValue
from lgstream.types import CachePolicy, RetryPolicy, TimeoutPolicy

DEFAULT_ERROR_HANDLER = "__default_error_handler__"
"""The name of the node that handles the errors of nodes that were added without an error handler."""

_METHODS_OF_COMPILED_GRAPHS = frozenset(
    (
        *("invoke", "ainvoke", "stream", "astream", "batch", "abatch"),
        *("get_graph", "get_state", "get_state_history", "update_state", "with_config"),
    )
)


def error_handler_name(node: str) -> str:
    """Return the name of the node that is the error handler of ``node``."""
    return f"__error_handler__{node}"


@dataclass(slots=True)
class NodeSpec:
    """A node as it was added to a graph.

    Attributes:
        action: The function, Runnable or compiled graph.
        input_schema: The schema of the node's input.
        metadata: Metadata of the node's tasks.
        retry_policy: The policies of retries, in the order in which they are tried.
        cache_policy: How results are cached; None if they are not.
        defer: True if the node waits until no other node is left to run.
        timeout: The time limits of one attempt.
        ends: The nodes that a Command of the node may lead to, with the labels of these edges.
        error_handler_node: The name of the node that runs if this one fails.
        is_error_handler: True if this node is the error handler of others.
        node_callable: The action as the engine calls it.
    """

    action: Any
    input_schema: Any
    metadata: dict[str, Any] | None = None
    retry_policy: Sequence[RetryPolicy] = ()
    cache_policy: CachePolicy | None = None
    defer: bool = False
    timeout: TimeoutPolicy | None = None
    ends: Mapping[str, str] = field(default_factory=dict)
    error_handler_node: str | None = None
    is_error_handler: bool = False
    node_callable: NodeCallable | None = None

    def __post_init__(self) -> None:
        check_type("metadata", self.metadata, Mapping, "a dict")
        if self.node_callable is None:
            self.node_callable = wrap_callable(self.action)

    @property
    def runnable(self) -> Any:
        """The action as a langchain Runnable that can be called outside of a run."""
        from lgstream.engine.standalone import as_runnable

        return as_runnable(self.node_callable)


@dataclass(slots=True)
class BranchSpec:
    """A routing function as it was added to a graph.

    Attributes:
        path: The function.
        ends: A map from the function's results to node names; None if it returns node names.
        input_schema: The schema of the function's argument; None for that of its node.
    """

    path: Any
    ends: Mapping[Any, str] | None
    input_schema: Any = None


@dataclass(slots=True)
class NodeDefaults:
    """Settings for nodes that were added without them, see :meth:`~lgstream.graph.StateGraph.set_node_defaults`."""

    retry_policy: Sequence[RetryPolicy] = ()
    cache_policy: CachePolicy | None = None
    error_handler: Any = None
    timeout: TimeoutPolicy | None = None

    def apply_to(self, node: NodeSpec) -> NodeSpec:
        """Return a copy of the node in which missing settings are filled in.

        The results of error handlers are not cached, and no node handles their errors.
        """
        settings: dict[str, Any] = {
            "retry_policy": node.retry_policy or self.retry_policy,
            "timeout": node.timeout or self.timeout,
        }
        if not node.is_error_handler:
            settings["cache_policy"] = node.cache_policy or self.cache_policy
            default = None if self.error_handler is None else DEFAULT_ERROR_HANDLER
            settings["error_handler_node"] = node.error_handler_node or default
        return replace(node, **settings)


class GraphSpec:
    """Everything that was added to a graph. The compiler turns it into a program.

    Attributes:
        nodes: The nodes by name.
        edges: Pairs of start and end.
        waiting_edges: Pairs of starts and end; the end waits for all of the starts.
        branches: The routing functions by node and by function name.
        schemas: The channels and managed values of each schema, by key.
        channels: The channels of all schemas, by key.
        managed: The managed values of all schemas, by key.
        defaults: Settings for nodes that were added without them.
        state_schema: The schema of the state.
        input_schema: The schema of the input of a run.
        output_schema: The schema of the output of a run.
        context_schema: The type of the ``context`` of a run, or None.
    """

    def __init__(self, state_schema: Any, context_schema: Any, input_schema: Any, output_schema: Any) -> None:
        if not isinstance(state_schema, Hashable):
            check_schema("state_schema", state_schema)
        for name, schema in (("context", context_schema), ("input", input_schema), ("output", output_schema)):
            check_schema(f"{name}_schema", schema)
        self.nodes: dict[str, NodeSpec] = {}
        self.edges: set[tuple[str, str]] = set()
        self.waiting_edges: set[tuple[tuple[str, ...], str]] = set()
        self.branches: defaultdict[str, dict[str, BranchSpec]] = defaultdict(dict)
        self.schemas: dict[Any, dict[str, BaseChannel[Any, Any, Any] | ManagedValue]] = {}
        self.channels: dict[str, BaseChannel[Any, Any, Any]] = {}
        self.managed: dict[str, ManagedValue] = {}
        self.defaults = NodeDefaults()
        self.state_schema = state_schema
        self.input_schema = input_schema or state_schema
        self.output_schema = output_schema or state_schema
        self.context_schema = context_schema
        for schema in (self.state_schema, self.input_schema, self.output_schema):
            self._add_schema(schema)

    if not TYPE_CHECKING:  # type checkers would accept any attribute

        def __getattr__(self, name: str) -> Any:
            hint = f": compile it, builder.compile().{name}(...)" if name in _METHODS_OF_COMPILED_GRAPHS else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self)

    def _add_schema(self, schema: Any) -> None:
        """Add the keys of a schema to the channels and managed values of the graph.

        A key may be in several schemas. If one of them has a reducer for the key, that reducer is used.

        Raises:
            ValueError: if two schemas have different reducers for a key.
        """
        if schema in self.schemas:
            return
        keys = channels_from_schema(schema)
        for key, channel in keys.items():
            if isinstance(channel, ManagedValue):
                self.managed[key] = channel
                continue
            existing = self.channels.get(key)
            if existing is None:
                self.channels[key] = channel
            elif channel != existing and not isinstance(channel, LastValue):
                if not isinstance(existing, LastValue):
                    raise ValueError(
                        f"Channel '{key}' already exists with a different type: two schemas of the graph have "
                        "different reducers for this key. Use the same reducer in both."
                    )
                self.channels[key] = channel
        self.schemas[schema] = keys

    def nodes_with_defaults(self) -> dict[str, NodeSpec]:
        """Return the nodes with their defaults, including the default error handler.

        Raises:
            ValueError: if a node has the name of the default error handler.
        """
        nodes = dict(self.nodes)
        if self.defaults == NodeDefaults():
            return nodes
        if self.defaults.error_handler is not None:
            if DEFAULT_ERROR_HANDLER in nodes:
                raise ValueError(
                    f"Node `{DEFAULT_ERROR_HANDLER}` already present: set_node_defaults(error_handler=...) adds a "
                    "node with this name. Give your node another name."
                )
            handler = NodeSpec(self.defaults.error_handler, self.state_schema, is_error_handler=True)
            nodes[DEFAULT_ERROR_HANDLER] = handler
        return {name: self.defaults.apply_to(node) for name, node in nodes.items()}


def first_parameter_schema(function: Any) -> Any:
    """Return the schema that annotates the first parameter of a function; None if there is none."""
    try:
        first = next(iter(inspect.signature(function).parameters), None)
    except (ValueError, TypeError):
        return None
    hint = callable_type_hints(function).get(first) if first else None
    return hint if isinstance(hint, type) and has_keys(hint) else None


def input_schema_of(action: Any, schema: Any) -> Any:
    """Return the schema of a node's input; None for the schema of the state.

    Args:
        action: what the node calls; its first parameter may be annotated with the schema.
        schema: the schema that was passed, or None.

    Raises:
        TypeError: if ``schema`` is not a type.
    """
    check_schema("input_schema", schema)
    return schema or first_parameter_schema(action)


def literal_values(hint: Any) -> tuple[Any, ...]:
    """Return the values of a ``Literal``; none for any other type hint."""
    return get_args(hint) if get_origin(hint) is Literal else ()


def goto_destinations(function: Any) -> tuple[str, ...]:
    """Return the nodes named by the return annotation ``Command[Literal[...]]`` of a function."""
    hint = callable_type_hints(function).get("return")
    arguments = get_args(hint) if getattr(get_origin(hint), "__name__", "") == "Command" else ()
    return literal_values(arguments[0]) if arguments else ()


def labels_by_destination(destinations: Mapping[str, str] | Sequence[str] | None, action: Any) -> Mapping[str, str]:
    """Return the nodes that a node's Commands may lead to, with labels; by default read from its annotation.

    Raises:
        TypeError: if ``destinations`` is neither a dict nor a collection.
    """
    if destinations is None:
        return dict.fromkeys(goto_destinations(action), "")
    if isinstance(destinations, Mapping):
        return destinations
    check_list("destinations", destinations, "a tuple of node names, or a dict of node names and labels")
    return dict.fromkeys(destinations, "")


def branch_ends(path: Any, path_map: Mapping[Any, str] | Sequence[str] | None) -> Mapping[Any, str] | None:
    """Return a map from a routing function's results to nodes; by default read from its annotation ``Literal``.

    Raises:
        TypeError: if ``path_map`` is neither a dict nor a collection.
    """
    if path_map is None or path_map == {}:  # which stands for none in langgraph, too
        path_map = literal_values(callable_type_hints(path).get("return")) or None
    if path_map is None or isinstance(path_map, Mapping):
        return path_map
    check_list("path_map", path_map, "a dict of results and node names, or a list of node names")
    return {name: name for name in path_map}


def edge_starts(start_key: str | Sequence[str]) -> list[str]:
    """Return the nodes at which an edge starts.

    Raises:
        TypeError: if ``start_key`` is neither a name nor a list of names.
    """
    if isinstance(start_key, str):
        return [start_key]
    if not isinstance(start_key, Iterable):
        raise wrong_type("start_key", start_key, "the name of a node or a list of names")
    return list(start_key)


def action_name(action: Any) -> str:
    """Return the name of a node that is added without a name."""
    get_name = getattr(action, "get_name", None)
    if callable(get_name):
        return str(get_name())
    return str(getattr(action, "__name__", None) or type(action).__name__)
