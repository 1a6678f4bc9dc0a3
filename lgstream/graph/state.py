"""``StateGraph``: the builder of graphs. :meth:`StateGraph.compile` returns a graph that runs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Self

from lgstream._arguments import check_list, is_type_form
from lgstream._send import as_timeout_policy
from lgstream.constants import END, START
from lgstream.graph import validation
from lgstream.graph.argument_checks import compiled_breakpoints
from lgstream.graph.policies import checked_cache_policy, retry_policies
from lgstream.graph.specs import (
    BranchSpec,
    GraphSpec,
    NodeSpec,
    action_name,
    branch_ends,
    edge_starts,
    error_handler_name,
    first_parameter_schema,
    input_schema_of,
    labels_by_destination,
)
from lgstream.types import All, CachePolicy, Checkpointer, RetryPolicy
from lgstream.typing import ContextT, InputT, OutputT, StateT
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

_RENAMED_KEYWORDS = {"input": "input_schema", "output": "output_schema", "config_schema": "context_schema"}
_RENAMED_NODE_KEYWORDS = {"retry": "retry_policy", "input": "input_schema"}


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
        keywords = rename_keywords(renamed_keywords, _RENAMED_KEYWORDS, "StateGraph")
        context_schema = keywords.get("context_schema", context_schema)
        input_schema = keywords.get("input_schema", input_schema)
        output_schema = keywords.get("output_schema", output_schema)
        if not is_type_form(state_schema):
            warnings.warn(
                f"Invalid state_schema: {state_schema!r}. Expected a type or Annotated[type, reducer].",
                SchemaWarning,
                stacklevel=2,
            )
        super().__init__(state_schema, context_schema, input_schema, output_schema)
        self.compiled = False

    def _warn_if_compiled(self, addition: str) -> None:
        if self.compiled:
            logger.warning(
                "Adding %s to a graph that has already been compiled. The compiled graph does not change: "
                "compile it again.",
                addition,
            )

    # Nodes ----------------------------------------------------------------------------------------------------------

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

        Args:
            node: The name of the node. If it is the action instead, the node has the name of the action.
            action: What the node calls. Besides the state, a function may have the parameters ``config``,
                ``writer``, ``store`` and ``runtime``.
            defer: Run the node only when no other node is left to run.
            metadata: Metadata of the node's tasks.
            input_schema: The schema of the node's input; by default the annotation of the first parameter of
                ``action``, or the schema of the state.
            retry_policy: When a failed attempt is repeated. Of several policies, the first that matches is used.
            cache_policy: How results are cached; needs ``compile(cache=...)``.
            destinations: The nodes that a Command of the node may lead to, for drawings; a dict gives them labels.
            timeout: The limits of one attempt of an async node: seconds or a ``TimeoutPolicy``.
            error_handler: A function that runs if the node fails after its retries. It receives the input of the
                node, and a :class:`~lgstream.errors.NodeError` if it has a parameter ``error`` of that type. Its
                result is used as the output of the node.
            **renamed_keywords: Deprecated keywords.

        Raises:
            ValueError: if the name is taken, is reserved or contains a reserved character.
            TypeError: if the action is not callable, or another argument is of a wrong type.
            RuntimeError: if there is a name without an action.

        Example:
            >>> builder.add_node("plan", make_plan, retry_policy=RetryPolicy(max_attempts=3))
        """
        self._warn_if_compiled("a node")
        keywords = rename_keywords(renamed_keywords, _RENAMED_NODE_KEYWORDS, "StateGraph.add_node")
        name, action = validation.name_and_action(node, action)
        validation.check_new_name(self, name)
        schema = input_schema_of(action, keywords.get("input_schema", input_schema)) or self.state_schema
        self._add_schema(schema)
        self.nodes[name] = NodeSpec(
            action,
            schema,
            metadata=metadata,
            retry_policy=retry_policies(keywords.get("retry_policy", retry_policy)),
            cache_policy=checked_cache_policy(cache_policy),
            defer=defer,
            timeout=as_timeout_policy(timeout),
            ends=labels_by_destination(destinations, action),
            error_handler_node=self._add_error_handler(name, error_handler, schema),
        )
        return self

    def _add_error_handler(self, node: str, action: Any, schema: Any) -> str | None:
        """Add the node that handles the errors of ``node``, and return its name; None if there is no action."""
        if action is None:
            return None
        validation.check_action("error_handler", action)
        name = error_handler_name(node)
        if name in self.nodes:
            raise ValueError(f"Node `{name}` already present: the error handler of node '{node}' gets this name.")
        self.nodes[name] = NodeSpec(action, schema, is_error_handler=True)
        return name

    def set_node_defaults(
        self,
        *,
        retry_policy: RetryPolicy | Sequence[RetryPolicy] | None = None,
        cache_policy: CachePolicy | None = None,
        error_handler: Callable[..., Any] | Any = None,
        timeout: Any = None,
    ) -> Self:
        """Set defaults for the arguments of :meth:`add_node`, for all nodes of this graph but not of its subgraphs.

        Retries and timeouts apply to error handlers too.

        Args:
            retry_policy: The default retry policy.
            cache_policy: The default cache policy.
            error_handler: The default error handler.
            timeout: The default time limits.

        Raises:
            ValueError: if a timeout is not positive.
            TypeError: if an argument is of a wrong type.
        """
        if error_handler is not None:
            validation.check_action("error_handler", error_handler)
        arguments: dict[str, Any] = {
            "retry_policy": retry_policies(retry_policy) or None,
            "cache_policy": checked_cache_policy(cache_policy),
            "error_handler": error_handler,
            "timeout": as_timeout_policy(timeout),
        }
        changes = {name: value for name, value in arguments.items() if value is not None}
        self.defaults = replace(self.defaults, **changes)
        return self

    def add_sequence(self, nodes: Sequence[Any]) -> Self:
        """Add nodes with an edge from each to the next.

        Args:
            nodes: Functions, or pairs of name and function.

        Raises:
            ValueError: if there are no nodes, or two have the same name.

        Example:
            >>> builder.add_sequence([plan, ("write", write_text)]).set_entry_point("plan")
        """
        check_list("nodes", nodes, "a list of functions, or of pairs of name and function")
        if not nodes:
            raise ValueError("Sequence requires at least one node.")
        previous: str | None = None
        for node in nodes:
            name, action = node if isinstance(node, tuple) and len(node) == 2 else (action_name(node), node)
            if name in self.nodes:
                raise ValueError(
                    f"Node names must be unique: node with the name '{name}' already exists. Pass functions of the "
                    "same name, such as lambdas, as pairs (name, function)."
                )
            self.add_node(name, action)
            if previous is not None:
                self.add_edge(previous, name)
            previous = name
        return self

    # Edges ----------------------------------------------------------------------------------------------------------

    def add_edge(self, start_key: str | list[str], end_key: str) -> Self:
        """Add an edge from one node to another, or from several nodes to one that waits for all of them.

        Args:
            start_key: The name of the start, or a list of names.
            end_key: The name of the end.

        Raises:
            ValueError: if the edge starts at END, ends at START, or has several starts and names an unknown node.
        """
        self._warn_if_compiled("an edge")
        validation.check_node_name("end_key", end_key, "add an edge to each node")
        for start in (starts := edge_starts(start_key)):
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
        """Add a routing function that chooses the nodes to run after ``source``.

        Args:
            source: The name of the node.
            path: A function of the state that returns the name of a node, END, a Send, or a list of these.
            path_map: A map from the results of ``path`` to node names, or a list of the nodes that it may return.
                Drawings need it unless the function has a return annotation ``Literal[...]``.

        Raises:
            ValueError: if ``source`` has a routing function of the same name.

        Example:
            >>> builder.add_conditional_edges("plan", lambda state: "write" if state["plan"] else END, ["write", END])
        """
        self._warn_if_compiled("an edge")
        validation.check_node_name("source", source, "add the routing function to each node")
        validation.check_action("path", path)
        name = getattr(path, "name", None) or getattr(path, "__name__", None) or type(path).__name__
        if name in self.branches[source]:
            raise ValueError(
                f"Branch with name `{name}` already exists for node `{source}`: add a routing function only once."
            )
        schema = first_parameter_schema(path)
        self.branches[source][str(name)] = BranchSpec(path, branch_ends(path, path_map), schema)
        if schema is not None:
            self._add_schema(schema)
        return self

    def set_entry_point(self, key: str) -> Self:
        """Add an edge from START to a node."""
        return self.add_edge(START, key)

    def set_conditional_entry_point(
        self, path: Callable[..., Any], path_map: dict[Hashable, str] | list[str] | None = None
    ) -> Self:
        """Add a routing function that chooses the first nodes; see :meth:`add_conditional_edges`."""
        return self.add_conditional_edges(START, path, path_map)

    def set_finish_point(self, key: str) -> Self:
        """Add an edge from a node to END."""
        return self.add_edge(key, END)

    # Compiling ------------------------------------------------------------------------------------------------------

    def validate(self, interrupt: Sequence[str] | None = None) -> Self:
        """Check that all edges start and end at nodes of the graph, and that it has an entry point.

        Args:
            interrupt: Names of nodes that must exist as well.

        Raises:
            ValueError: if a node is unknown, or no edge starts at START.
        """
        validation.check_edges(self)
        validation.check_interrupts(self, interrupt or ())
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
        """Compile the graph into one that runs. Later additions to the builder do not change it.

        Args:
            checkpointer: A saver of the threads' state, such as ``InMemorySaver()``. In a subgraph: None to save its
                state with that of the parent, True to keep a state of its own in the parent's saver, False to save
                nothing.
            cache: A cache of node results, for nodes with a cache policy.
            store: A store that nodes receive.
            interrupt_before: The nodes before which every run stops, or ``"*"`` for all.
            interrupt_after: The nodes after which every run stops, or ``"*"`` for all.
            debug: Print the updates and values of every run.
            name: The name of the graph, ``LangGraph`` by default.
            sinks: Sinks that receive the events of every run.

        Returns:
            The compiled graph.

        Raises:
            ValueError: if :meth:`validate` finds an error.
            TypeError: if the checkpointer is neither a saver, a bool nor None, or ``sinks`` is not a list of sinks.

        Example:
            >>> graph = builder.compile(checkpointer=InMemorySaver())
        """
        from lgstream.graph.compiled import CompiledStateGraph
        from lgstream.graph.compiler import compile_program
        from lgstream.graph.persistence import check_checkpointer

        check_checkpointer(checkpointer)
        self.validate(compiled_breakpoints(interrupt_before=interrupt_before, interrupt_after=interrupt_after))
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
            sinks=sinks,
        )
