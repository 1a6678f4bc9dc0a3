"""``StateGraph``: the builder of graphs. :meth:`StateGraph.compile` returns a graph that runs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Self, get_origin

from typing_extensions import TypeVar

from lgstream._send import as_timeout_policy
from lgstream.channels.schema import callable_type_hints
from lgstream.constants import END, START
from lgstream.graph.specs import (
    BranchSpec,
    GraphSpec,
    NodeSpec,
    error_handler_name,
    first_parameter_schema,
    goto_destinations,
    literal_values,
    retry_policies,
)
from lgstream.types import All, CachePolicy, Checkpointer, RetryPolicy
from lgstream.warnings import SchemaWarning, rename_keywords

if TYPE_CHECKING:
    from langgraph.cache.base import BaseCache
    from langgraph.store.base import BaseStore

    from lgstream.graph.compiled import CompiledStateGraph
    from lgstream.sinks import Sink

__all__ = ["CompiledStateGraph", "StateGraph"]


def __getattr__(name: str) -> Any:
    if name == "CompiledStateGraph":  # imported late, because it imports langchain-core
        from lgstream.graph.compiled import CompiledStateGraph

        return CompiledStateGraph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


logger = logging.getLogger(__name__)

StateT = TypeVar("StateT", default=Any)
ContextT = TypeVar("ContextT", default=Any)
InputT = TypeVar("InputT", default=StateT)
OutputT = TypeVar("OutputT", default=StateT)

RESERVED_CHARACTERS = "|:"
"""Characters that separate the parts of a namespace; node names cannot contain them."""


class StateGraph(GraphSpec, Generic[StateT, ContextT, InputT, OutputT]):
    """A builder of graphs whose nodes read and write a shared state.

    Args:
        state_schema: A TypedDict, dataclass or pydantic model; each of its keys becomes a channel. A key annotated
            ``Annotated[type, reducer]`` combines several writes with its reducer. Any other type is a state of one
            value.
        context_schema: The type of the ``context`` of a run.
        input_schema: The schema of the input of a run; by default that of the state.
        output_schema: The schema of the output of a run; by default that of the state.

    Example:
        >>> class State(TypedDict):
        ...     topic: str
        ...     jokes: Annotated[list[str], operator.add]
        >>> def write(state: State) -> dict:
        ...     return {"jokes": [f"a joke about {state['topic']}"]}
        >>> graph = StateGraph(State).add_node(write).add_edge(START, "write").compile()
        >>> graph.invoke({"topic": "cats"})
        {'topic': 'cats', 'jokes': ['a joke about cats']}
    """

    def __init__(
        self,
        state_schema: Any,
        context_schema: Any = None,
        *,
        input_schema: Any = None,
        output_schema: Any = None,
        **renamed_keywords: Any,
    ) -> None:
        new_names = {"input": "input_schema", "output": "output_schema", "config_schema": "context_schema"}
        keywords = rename_keywords(renamed_keywords, new_names, "StateGraph")
        context_schema = keywords.get("context_schema", context_schema)
        input_schema = keywords.get("input_schema", input_schema)
        output_schema = keywords.get("output_schema", output_schema)
        if state_schema is None or not (isinstance(state_schema, type) or get_origin(state_schema)):
            warnings.warn(
                f"Invalid state_schema: {state_schema!r}. Expected a type or Annotated[type, reducer].",
                SchemaWarning,
                stacklevel=2,
            )
        super().__init__(state_schema, context_schema, input_schema, output_schema)
        self.compiled = False

    def _warn_if_compiled(self, what: str) -> None:
        if self.compiled:
            logger.warning(
                "Adding %s to a graph that has already been compiled. The compiled graph does not change: "
                "compile it again.",
                what,
            )

    # nodes ----------------------------------------------------------------------------------------------------

    def add_node(
        self,
        node: str | Callable[..., Any] | Any,
        action: Callable[..., Any] | Any = None,
        *,
        defer: bool = False,
        metadata: dict[str, Any] | None = None,
        input_schema: Any = None,
        retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
        cache_policy: CachePolicy | None = None,
        destinations: dict[str, str] | tuple[str, ...] | None = None,
        timeout: Any = None,
        error_handler: Callable[..., Any] | Any = None,
        **renamed_keywords: Any,
    ) -> Self:
        """Add a node: a function of the state (sync or async), a Runnable or a compiled graph.

        Without a name it takes the function's. A function may name further parameters: ``config``, ``writer``,
        ``store``, ``runtime``. The first parameter's annotation is the node's ``input_schema`` if none is given.

        ``error_handler`` is a node that takes over when this one fails for good, after its retries: it is given the
        same input, and a :class:`~lgstream.errors.NodeError` if it has a parameter ``error`` of that type. What it
        returns is what becomes of the superstep; a Command says where to go on.

        Raises:
            ValueError: the name is taken, reserved or holds a reserved character.
            TypeError: the action cannot be called.
            RuntimeError: a name without an action.
        """
        self._warn_if_compiled("a node")
        current = rename_keywords(
            renamed_keywords, {"retry": "retry_policy", "input": "input_schema"}, "StateGraph.add_node"
        )
        retry_policy = current.get("retry_policy", retry_policy)
        input_schema = current.get("input_schema", input_schema)
        if isinstance(node, str):
            if action is None:
                raise RuntimeError(f"Node '{node}' has no action: add_node('{node}', function).")
            name = node
        else:
            action = node
            _require_action(action)
            name = _name_of(action)
        _require_action(action)
        self._require_free(name)
        schema = input_schema or first_parameter_schema(action) or self.state_schema
        self._add_schema(schema)
        ends: Mapping[str, str] = {}
        if destinations is not None:
            ends = destinations if isinstance(destinations, dict) else dict.fromkeys(destinations, "")
        else:
            ends = dict.fromkeys(goto_destinations(action), "")
        limits = as_timeout_policy(timeout)
        handler = None if error_handler is None else self._add_handler(name, error_handler, schema)
        self.nodes[name] = NodeSpec(
            action, schema, metadata, retry_policies(retry_policy), cache_policy, defer, limits, ends, handler
        )
        return self

    def _add_handler(self, name: str, handler: Any, schema: Any) -> str:
        _require_action(handler)
        own = error_handler_name(name)
        if own in self.nodes:
            raise ValueError(f"Node `{own}` already present: the error handler of node '{name}' gets this name.")
        self.nodes[own] = NodeSpec(handler, schema, is_error_handler=True)
        return own

    def set_node_defaults(
        self,
        *,
        retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
        cache_policy: CachePolicy | None = None,
        error_handler: Callable[..., Any] | Any = None,
        timeout: Any = None,
    ) -> Self:
        """What every node of this graph has that :meth:`add_node` gave none of its own; subgraphs do not inherit it.

        Error handlers are retried and timed by them too. Raises ValueError for a timeout that is not positive.
        """
        given: dict[str, Any] = {
            "retry_policy": retry_policies(retry_policy) or None,
            "cache_policy": cache_policy,
            "error_handler": error_handler,
            "timeout": as_timeout_policy(timeout),
        }
        self.defaults = replace(self.defaults, **{key: value for key, value in given.items() if value is not None})
        return self

    def _require_free(self, name: str) -> None:
        if name in self.nodes:
            raise ValueError(f"Node `{name}` already present. Node names are unique: give this one another name.")
        if name in (START, END):
            raise ValueError(f"Node `{name}` is reserved: use START and END in edges only.")
        for character in RESERVED_CHARACTERS:
            if character in name:
                raise ValueError(
                    f"'{character}' is a reserved character and is not allowed in the node names: rename '{name}'."
                )

    def add_sequence(self, nodes: Sequence[Any]) -> Self:
        """Add nodes (functions, or pairs of name and function) with an edge from each to the next.

        Raises ValueError when there is none or a name comes twice.
        """
        if not nodes:
            raise ValueError("Sequence requires at least one node.")
        previous: str | None = None
        for node in nodes:
            name, action = node if isinstance(node, tuple) and len(node) == 2 else (_name_of(node), node)
            if name in self.nodes:
                raise ValueError(
                    f"Node names must be unique: node with the name '{name}' already exists. Two functions of one name "
                    "(lambdas, say) can be given as pairs (name, function)."
                )
            self.add_node(name, action)
            if previous is not None:
                self.add_edge(previous, name)
            previous = name
        return self

    # edges ----------------------------------------------------------------------------------------------------

    def add_edge(self, start_key: str | list[str], end_key: str) -> Self:
        """From one node to the next, or, with a list, to a node that waits for all of them. Raises ValueError."""
        self._warn_if_compiled("an edge")
        starts = [start_key] if isinstance(start_key, str) else list(start_key)
        for start in starts:
            if start == END:
                raise ValueError("END cannot be a start node: nothing comes after it.")
            if not isinstance(start_key, str) and start not in self.nodes:
                raise ValueError(f"Need to add_node `{start}` first: the edge waits for it.")
        if end_key == START:
            raise ValueError("START cannot be an end node: a run begins there, and only there.")
        if isinstance(start_key, str):
            self.edges.add((start_key, end_key))
            return self
        if end_key != END and end_key not in self.nodes:
            raise ValueError(f"Need to add_node `{end_key}` first: the edge leads to it.")
        self.waiting_edges.add((tuple(starts), end_key))
        return self

    def add_conditional_edges(
        self,
        source: str,
        path: Callable[..., Hashable | Sequence[Hashable]]
        | Callable[..., Awaitable[Hashable | Sequence[Hashable]]]
        | Any,
        path_map: dict[Hashable, str] | list[str] | None = None,
    ) -> Self:
        """After ``source``, ask ``path`` where to go: a node's name, END, a Send, or a list of them.

        ``path_map`` translates its answers (dict), or just names the nodes it can lead to (list), which drawings need;
        a return annotation ``Literal[...]`` does as well. Raises ValueError for a second function of the same name.
        """
        self._warn_if_compiled("an edge")
        _require_action(path)
        name = getattr(path, "name", None) or getattr(path, "__name__", None) or type(path).__name__
        if name in self.branches[source]:
            raise ValueError(
                f"Branch with name `{name}` already exists for node `{source}`: one function routes a node once."
            )
        ends: Mapping[Any, str] | None = None
        if isinstance(path_map, dict):
            ends = path_map
        elif path_map is not None:
            ends = {target: target for target in path_map}
        else:
            ends = {target: target for target in literal_values(callable_type_hints(path).get("return"))} or None
        schema = first_parameter_schema(path)
        self.branches[source][str(name)] = BranchSpec(path, ends, schema)
        if schema is not None:
            self._add_schema(schema)
        return self

    def set_entry_point(self, key: str) -> Self:
        """The same as ``add_edge(START, key)``."""
        return self.add_edge(START, key)

    def set_conditional_entry_point(
        self, path: Callable[..., Any], path_map: dict[Hashable, str] | list[str] | None = None
    ) -> Self:
        """The same as ``add_conditional_edges(START, path, path_map)``."""
        return self.add_conditional_edges(START, path, path_map)

    def set_finish_point(self, key: str) -> Self:
        """The same as ``add_edge(key, END)``."""
        return self.add_edge(key, END)

    # the end --------------------------------------------------------------------------------------------------

    def validate(self, interrupt: Sequence[str] | None = None) -> Self:
        """Raise ValueError for edges from or to nodes that are not there, and for a graph without an entry point."""
        sources = {start for start, _ in self.edges} | {s for starts, _ in self.waiting_edges for s in starts}
        sources |= set(self.branches)
        for source in sorted(sources - self.nodes.keys() - {START}):
            raise ValueError(f"Found edge starting at unknown node '{source}': the graph has {_named(self.nodes)}.")
        if START not in sources:
            raise ValueError(
                "Graph must have an entrypoint: add at least one edge from START to another node, "
                "add_edge(START, 'a_node')."
            )
        for source, branches in self.branches.items():
            for name, branch in branches.items():
                for end in (branch.ends or {}).values():
                    if end not in self.nodes and end != END:
                        raise ValueError(
                            f"At '{source}' node, '{name}' branch found unknown target '{end}': the graph has "
                            f"{_named(self.nodes)}."
                        )
        targets = {end for _, end in self.edges} | {end for _, end in self.waiting_edges}
        for target in sorted(targets - self.nodes.keys() - {END}):
            raise ValueError(f"Found edge ending at unknown node `{target}`: the graph has {_named(self.nodes)}.")
        for node in interrupt or ():
            if node not in self.nodes:
                raise ValueError(f"Interrupt node `{node}` not found: the graph has {_named(self.nodes)}.")
        self.compiled = True
        return self

    def compile(
        self,
        checkpointer: Checkpointer = None,
        *,
        cache: BaseCache[Any] | None = None,
        store: BaseStore | None = None,
        interrupt_before: All | list[str] | None = None,
        interrupt_after: All | list[str] | None = None,
        debug: bool = False,
        name: str | None = None,
        sinks: Sequence[Sink] = (),
    ) -> CompiledStateGraph:
        """Make the graph runnable. ``sinks`` get the events of every run of it.

        Raises ValueError for what :meth:`validate` finds, TypeError for a checkpointer of the wrong type.
        """
        from lgstream.graph.compiled import CompiledStateGraph
        from lgstream.graph.compiler import compile_program
        from lgstream.graph.persistence import require_checkpointer

        require_checkpointer(checkpointer)
        stops = [n for names in (interrupt_before, interrupt_after) if names and names != "*" for n in names]
        self.validate(stops)
        program = compile_program(self, name or "LangGraph")
        return CompiledStateGraph(
            builder=self,
            program=program,
            checkpointer=checkpointer,
            cache=cache,
            store=store,
            interrupt_before=interrupt_before or (),
            interrupt_after=interrupt_after or (),
            debug=debug,
            name=program.name,
            sinks=tuple(sinks),
        )


def _named(nodes: Mapping[str, Any]) -> str:
    return ", ".join(f"'{name}'" for name in nodes) or "no nodes"


def _name_of(action: Any) -> str:
    """The name a node takes from its action."""
    get_name = getattr(action, "get_name", None)
    if callable(get_name):
        return str(get_name())
    return str(getattr(action, "__name__", None) or type(action).__name__)


def _require_action(action: Any) -> None:
    if not (callable(action) or isinstance(action, dict) or hasattr(action, "invoke")):
        raise TypeError(
            f"Expected a function, a Runnable, a compiled graph or a dict of them as a node, got {action!r} of type "
            f"{type(action).__name__}."
        )
