"""Nodes and branches as they were added to a graph, and what is read off the functions they are."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args, get_origin

from lgstream.channels.schema import callable_type_hints, has_keys
from lgstream.engine.callables import Target, target_of
from lgstream.types import CachePolicy, RetryPolicy, TimeoutPolicy

DEFAULT_HANDLER = "__default_error_handler__"
"""The node that takes over from nodes without an error handler of their own, see ``set_node_defaults``."""


def handler_name(node: str) -> str:
    """The name of the node that a node's own error handler is."""
    return f"__error_handler__{node}"


@dataclass(slots=True)
class NodeSpec:
    """A node as it was added. ``error_handler_node`` names the node that takes over when it fails."""

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
    target: Target | None = None
    """The action as the engine calls it: looked at once, when it is added."""

    def __post_init__(self) -> None:
        if self.target is None:
            self.target = target_of(self.action)

    def subgraph(self) -> Any:
        """The compiled graph that the action is or calls, if there is one."""
        from lgstream.graph.subgraph_discovery import subgraph_of

        return subgraph_of(self.action)

    @property
    def runnable(self) -> Any:
        """The action as a langchain Runnable, to be called by itself."""
        from lgstream.engine.standalone import bound

        return bound(self.target)


@dataclass(slots=True)
class BranchSpec:
    """A routing function as it was added; ``ends`` maps its answers to nodes, None takes them for nodes' names."""

    path: Any
    ends: Mapping[Any, str] | None
    input_schema: Any = None


def first_parameter_schema(function: Any) -> Any:
    """The schema that a function's first parameter is annotated with, or None."""
    try:
        first = next(iter(inspect.signature(function).parameters), None)
    except (ValueError, TypeError):
        return None
    hint = callable_type_hints(function).get(first) if first else None
    return hint if isinstance(hint, type) and has_keys(hint) else None


def literals(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) is Literal else ()


def goto_hints(function: Any) -> tuple[str, ...]:
    """The nodes that a function's ``-> Command[Literal[...]]`` says it goes to."""
    hint = callable_type_hints(function).get("return")
    arguments = get_args(hint) if getattr(get_origin(hint), "__name__", "") == "Command" else ()
    return literals(arguments[0]) if arguments else ()


def policies(policy: RetryPolicy | Sequence[RetryPolicy] | None) -> Sequence[RetryPolicy]:
    if policy is None:
        return ()
    return (policy,) if isinstance(policy, RetryPolicy) else tuple(policy)


@dataclass(slots=True)
class Defaults:
    """What nodes have that were not given their own, see :meth:`~lgstream.graph.StateGraph.set_node_defaults`."""

    retry_policy: Sequence[RetryPolicy] = ()
    cache_policy: CachePolicy | None = None
    error_handler: Any = None
    timeout: TimeoutPolicy | None = None

    def given_to(self, nodes: Mapping[str, NodeSpec], state_schema: Any) -> dict[str, NodeSpec]:
        """The nodes with the defaults, and with a node that is the error handler.

        An error handler is retried and timed as other nodes are; its results are not cached, and nothing handles its
        errors. Raises ValueError where a node has the handler's name.
        """
        found = dict(nodes)
        if self == Defaults():
            return found
        if self.error_handler is not None:
            if DEFAULT_HANDLER in nodes:
                raise ValueError(
                    f"Node `{DEFAULT_HANDLER}` already present: set_node_defaults(error_handler=...) makes a node of "
                    "this name. Give yours another."
                )
            found[DEFAULT_HANDLER] = NodeSpec(self.error_handler, state_schema, is_error_handler=True)
        return {name: self._given_to(spec) for name, spec in found.items()}

    def _given_to(self, spec: NodeSpec) -> NodeSpec:
        given: dict[str, Any] = {
            "retry_policy": spec.retry_policy or self.retry_policy,
            "timeout": spec.timeout or self.timeout,
        }
        if not spec.is_error_handler:
            given["cache_policy"] = spec.cache_policy or self.cache_policy
            default = None if self.error_handler is None else DEFAULT_HANDLER
            given["error_handler_node"] = spec.error_handler_node or default
        return replace(spec, **given)
