"""The base class of compiled graphs: their data, without the methods that run them.

Code that reads a compiled graph (invocations, drawings, snapshots, state updates) depends on this module, and
:mod:`lgstream.graph.compiled` depends on that code.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from langchain_core.runnables import Runnable, RunnableConfig

from lgstream import config as configs
from lgstream._arguments import check_number, check_schema
from lgstream._langgraph import register_as
from lgstream.channels.schema import type_json_schema
from lgstream.graph.argument_checks import check_provider
from lgstream.sinks.sink import check_sinks

if TYPE_CHECKING:
    from lgstream.engine.program import Program
    from lgstream.graph.specs import GraphSpec
    from lgstream.sinks import Sink
    from lgstream.types import All, Checkpointer, StreamMode


class BaseCompiledGraph(Runnable[Any, Any]):
    """The data of a compiled graph, its schemas and its subgraphs.

    Attributes:
        program: The nodes and channels as the engine sees them.
        checkpointer: A saver; True in a subgraph that keeps a state of its own in its parent's saver; False in a
            subgraph that saves nothing.
        store: The store that nodes receive, or None.
        cache: The cache of node results, or None.
        interrupt_before_nodes: The nodes before which every run stops, or ``"*"`` for all.
        interrupt_after_nodes: The nodes after which every run stops, or ``"*"`` for all.
        debug: True if every run prints its updates and values.
        name: The name of the graph.
        sinks: The sinks that receive the events of every run.
        context_schema: The type of the ``context`` of a run, or None.
        config: The config bound by :meth:`with_config`, or None.
        stream_mode: The stream mode of calls without a ``stream_mode``.
    """

    name: str
    is_lgstream_graph = True
    """Marks the graphs of this package; the engine passes them the task that they run in instead of a config."""

    def __init__(
        self,
        *,
        program: Program,
        checkpointer: Checkpointer = None,
        cache: Any = None,
        store: Any = None,
        interrupt_before: All | Sequence[str] = (),
        interrupt_after: All | Sequence[str] = (),
        debug: bool = False,
        name: str = "LangGraph",
        sinks: Sequence[Sink] = (),
        context_schema: Any = None,
        output_schema: Any = Any,
        config: RunnableConfig | None = None,
    ) -> None:
        check_schema("context_schema", context_schema)
        check_provider("store", store, ("batch", "abatch"), "a store, such as InMemoryStore()")
        check_provider("cache", cache, ("get", "set"), "a cache, such as InMemoryCache()")
        self.program = program
        self.checkpointer = checkpointer
        self.cache = cache
        self.store = store
        self.interrupt_before_nodes = interrupt_before
        self.interrupt_after_nodes = interrupt_after
        self.debug = debug
        self.name = name
        self.sinks = check_sinks(sinks) if sinks != () else ()
        self.context_schema = context_schema
        self._output_type = output_schema
        self.config = config
        self.stream_mode: StreamMode = "updates"
        self._step_timeout: float | None = None
        # langgraph's graphs then find this one in their nodes: get_state(subgraphs=True) and drawings show it.
        register_as(BaseCompiledGraph, "PregelProtocol", "langgraph.pregel.protocol")

    @property
    def spec(self) -> GraphSpec | None:
        """The nodes and edges as they were added to the builder; None for an entrypoint, which has no builder."""
        return None

    @property
    def step_timeout(self) -> float | None:
        """The seconds that one superstep may take; None if there is no limit."""
        return self._step_timeout

    @step_timeout.setter
    def step_timeout(self, seconds: float | None) -> None:
        check_number("step_timeout", seconds, "a number of seconds, or None for no limit")
        self._step_timeout = seconds

    @property
    def nodes(self) -> Mapping[str, Any]:
        """The nodes by name, including START."""
        return self.program.nodes

    @property
    def channels(self) -> Mapping[str, Any]:
        """The channels by name: the keys of the state, the triggers of nodes, and pending Sends."""
        return self.program.channels

    def with_config(self, config: RunnableConfig | None = None, **kwargs: Any) -> Self:
        """Return a copy of the graph with a config bound to it.

        Tags and metadata of the bound config are combined with those of a call; other keys of a call replace bound
        ones.

        Args:
            config: The config to bind.
            **kwargs: Keys of the config, as an alternative to ``config``.

        Example:
            >>> graph.with_config(tags=["draft"], recursion_limit=50).invoke(state)
        """
        merged_config = configs.merge_configs(self.config, config, kwargs)
        merged_config.setdefault("configurable", {})
        return self.copy({"config": merged_config})

    def copy(self, update: Mapping[str, Any] | None = None) -> Self:
        """Return a shallow copy of the graph, with the attributes in ``update`` replaced."""
        duplicate = copy.copy(self)
        for name, value in (update or {}).items():
            setattr(duplicate, name, value)
        return duplicate

    # Schemas --------------------------------------------------------------------------------------------------------

    @property
    def InputType(self) -> Any:
        """The type of the input of a run."""
        return self.program.channels[self.program.input_key].UpdateType

    @property
    def OutputType(self) -> Any:
        """The type of the output of a run."""
        return self._output_type

    def get_context_jsonschema(self) -> dict[str, Any] | None:
        """Return the JSON schema of the ``context`` of a run; None if the graph has no context schema."""
        from pydantic import TypeAdapter

        return None if self.context_schema is None else TypeAdapter(self.context_schema).json_schema()

    def get_input_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """Return the JSON schema of the input of a run. ``config`` is ignored."""
        return self._json_schema(self.InputType, self.get_name("Input"))

    def get_output_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """Return the JSON schema of the output of a run. ``config`` is ignored."""
        return self._json_schema(self.OutputType, self.get_name("Output"))

    _json_schema = staticmethod(type_json_schema)

    # Subgraphs ------------------------------------------------------------------------------------------------------

    def get_subgraphs(
        self, *, namespace: str | None = None, recurse: bool = False
    ) -> Iterator[tuple[str, BaseCompiledGraph]]:
        """Yield pairs of path and subgraph; :class:`~lgstream.graph.compiled.CompiledGraph` documents the arguments."""
        for name, node in self.program.nodes.items():
            for subgraph in node.subgraphs:
                if namespace is None or namespace == name:
                    yield name, subgraph
                if recurse and (namespace is None or namespace.startswith(f"{name}|")):
                    inner = None if namespace is None else namespace[len(name) + 1 :]
                    for path, graph in subgraph.get_subgraphs(namespace=inner, recurse=True):
                        yield f"{name}|{path}", graph
