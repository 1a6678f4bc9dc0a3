"""Compiled graphs: what users call ``stream``, ``invoke`` and their async twins on. A langchain Runnable.

Longer than other files: every method is there once for sync and once for async code, with all its keywords.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Self, cast

from langchain_core.runnables import Runnable, RunnableConfig

from lgstream import config as configs
from lgstream.channels.schema import state_json_schema, type_json_schema
from lgstream.engine.drivers import aio, sync
from lgstream.engine.program import Program
from lgstream.engine.tasks.cache import namespace
from lgstream.graph import snapshots as threads
from lgstream.graph import state_updates as updates
from lgstream.graph import subgraph as nested
from lgstream.graph.drawing import langchain_graph
from lgstream.graph.invocation import Call, Options
from lgstream.runtime import RunControl
from lgstream.sinks import Sink
from lgstream.types import All, Checkpointer, Durability, StateSnapshot, StateUpdate
from lgstream.warnings import rename_keywords

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Graph

    from lgstream.graph.state import StateGraph
    from lgstream.types import StreamMode

__all__ = ["CompiledGraph", "CompiledStateGraph"]


def _durability(given: Durability | None, others: Mapping[str, Any]) -> Durability | None:
    """The durability of a call, which an old keyword gave as a bool. Other unknown keywords are ignored (rule 7)."""
    if "checkpoint_during" not in others:
        return given
    old = {"checkpoint_during": others["checkpoint_during"]}
    return "async" if rename_keywords(old, {"checkpoint_during": "durability"}, "stream")["durability"] else "exit"


def require_checkpointer(checkpointer: Any) -> None:
    """Raise TypeError for what is no saver, True, False or None."""
    if checkpointer is None or isinstance(checkpointer, bool):
        return
    from langgraph.checkpoint.base import BaseCheckpointSaver

    if not isinstance(checkpointer, BaseCheckpointSaver):
        raise TypeError(
            "Invalid checkpointer provided. Expected an instance of BaseCheckpointSaver (such as InMemorySaver()), "
            f"True, False or None. Received {type(checkpointer).__name__}."
        )


_INVOKED = Options(stream_mode="values")


class CompiledGraph(Runnable[Any, Any]):
    """A graph that runs: an engine program with a checkpointer, a store and defaults.

    ``name`` is the graph's; ``config`` is bound by :meth:`with_config`; ``step_timeout`` are the seconds a
    superstep may take. Everything a run does is an event: ``stream`` is one way to look at events, ``sinks`` another.
    """

    name: str
    finds_task = True  # a node that is a graph need not be given a config

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
        self.program = program
        self.checkpointer = checkpointer
        self.cache = cache
        self.store = store
        self.interrupt_before_nodes = interrupt_before
        self.interrupt_after_nodes = interrupt_after
        self.debug = debug
        self.name = name
        self.sinks = tuple(sinks)
        self.context_schema = context_schema
        self._output_type = output_schema
        self.config = config
        self.stream_mode: StreamMode = "updates"
        self.step_timeout: float | None = None

    @property
    def nodes(self) -> Mapping[str, Any]:
        """The nodes by name, START among them."""
        return self.program.nodes

    @property
    def channels(self) -> Mapping[str, Any]:
        """The channels by name: the state's keys, the triggers, the Sends."""
        return self.program.channels

    def with_config(self, config: RunnableConfig | None = None, **kwargs: Any) -> Self:
        """A copy of the graph with this config bound; tags and metadata add up with those of a call."""
        merged = configs.merge_configs(self.config, config, kwargs)
        merged.setdefault("configurable", {})
        return self.copy({"config": merged})

    def copy(self, update: Mapping[str, Any] | None = None) -> Self:
        """A copy of the graph with some attributes changed."""
        copied = copy.copy(self)
        for name, value in (update or {}).items():
            setattr(copied, name, value)
        return copied

    # schemas --------------------------------------------------------------------------------------------------

    @property
    def InputType(self) -> Any:
        """What a run takes: the input schema. JSON schemas are made of it."""
        return self.program.channels[self.program.input_key].UpdateType

    @property
    def OutputType(self) -> Any:
        """What a run returns: the output schema."""
        return self._output_type

    def get_context_jsonschema(self) -> dict[str, Any] | None:
        """The JSON schema of what ``context=`` takes; None where the graph takes none."""
        from pydantic import TypeAdapter

        return None if self.context_schema is None else TypeAdapter(self.context_schema).json_schema()

    def get_input_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """The JSON schema of the input."""
        return self._json_schema(self.InputType, self.get_name("Input"))

    def get_output_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """The JSON schema of the output."""
        return self._json_schema(self.OutputType, self.get_name("Output"))

    _json_schema = staticmethod(type_json_schema)

    # running --------------------------------------------------------------------------------------------------

    def stream(  # type: ignore[override]  # the keywords have names and types here
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        context: Any = None,
        stream_mode: StreamMode | Sequence[StreamMode] | None = None,
        print_mode: StreamMode | Sequence[StreamMode] = (),
        output_keys: str | Sequence[str] | None = None,
        interrupt_before: All | Sequence[str] | None = None,
        interrupt_after: All | Sequence[str] | None = None,
        durability: Durability | None = None,
        subgraphs: bool = False,
        debug: bool | None = None,
        version: str = "v1",
        sinks: Sequence[Sink] = (),
        control: RunControl | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Run the graph and yield chunks as they come. Nothing runs before the first is asked for (rule 7).

        Args:
            input: the state to start with; None or a ``Command`` to go on with a thread.
            stream_mode: ``values``, ``updates`` (the default), ``custom``, ``messages``, ``tasks``, ``checkpoints``,
                ``debug``, or a list of them; then chunks are ``(mode, chunk)``.
            subgraphs: also yield what happens in subgraphs; chunks then start with the namespace.
            sinks: callables that get every event of this run.
            control: asks the run, from elsewhere, to end before its next superstep.

        Async nodes run on a private event loop, also where a loop runs already, as in a notebook.

        Raises what nodes raise, and ValueError, GraphRecursionError, InvalidUpdateError, EmptyInputError by the rules.
        """
        options = Options(
            context, stream_mode, print_mode, output_keys, interrupt_before, interrupt_after,
            _durability(durability, kwargs), subgraphs, debug, version, sinks, control,
        )  # fmt: skip
        chunks = sync.Chunked()
        call = Call(self, config, options, chunks.put, self.program.stream_keys)
        for ready in call.run_sync(input, chunks):
            yield from ready

    async def astream(  # type: ignore[override]
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        context: Any = None,
        stream_mode: StreamMode | Sequence[StreamMode] | None = None,
        print_mode: StreamMode | Sequence[StreamMode] = (),
        output_keys: str | Sequence[str] | None = None,
        interrupt_before: All | Sequence[str] | None = None,
        interrupt_after: All | Sequence[str] | None = None,
        durability: Durability | None = None,
        subgraphs: bool = False,
        debug: bool | None = None,
        version: str = "v1",
        sinks: Sequence[Sink] = (),
        control: RunControl | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """:meth:`stream` on the caller's event loop; sync nodes run in threads."""
        options = Options(
            context, stream_mode, print_mode, output_keys, interrupt_before, interrupt_after,
            _durability(durability, kwargs), subgraphs, debug, version, sinks, control,
        )  # fmt: skip
        chunks = aio.Chunked()
        call = Call(self, config, options, chunks.put, self.program.stream_keys)
        async with aclosing(call.run_async(input, chunks)) as running:  # left early, it ends here and now (rule 53)
            async for ready in running:
                for chunk in ready:
                    yield chunk

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Run the graph to its end and return its output state; keywords as those of :meth:`stream`.

        Another ``stream_mode`` than ``values`` returns the list of chunks. Interrupted, the state has the key
        ``__interrupt__`` (rule 5). ``version="v2"`` returns a GraphOutput.
        """
        chunks = sync.Chunked()
        call, collected = self._invocation(config, kwargs, chunks.put)
        for ready in call.run_sync(input, chunks):
            collected += ready
        return call.returned(collected)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """:meth:`invoke` on the caller's event loop."""
        chunks = aio.Chunked()
        call, collected = self._invocation(config, kwargs, chunks.put)
        async with aclosing(call.run_async(input, chunks)) as running:
            async for ready in running:
                collected += ready
        return call.returned(collected)

    def within(self, task: Any, input: Any) -> Any:
        """:meth:`invoke` for a node that the graph is: ``task`` is the node's."""
        if nested.is_plain(self, task):
            return nested.invoke(self, task, input)
        chunks = sync.Chunked()
        config = task.own_config() if self.config else None  # to merge its own with
        call = Call(self, config, _INVOKED, chunks.put, self.program.output_keys, invoked=True, within=task)
        for _ in call.run_sync(input, chunks):
            pass
        return call.returned([])

    def _invocation(
        self, config: RunnableConfig | None, kwargs: dict[str, Any], put: Callable[[Any], None]
    ) -> tuple[Call, list[Any]]:
        if not kwargs:
            return Call(self, config, _INVOKED, put, self.program.output_keys, invoked=True), []
        known = {key: value for key, value in kwargs.items() if key in Options.__dataclass_fields__}
        known.setdefault("stream_mode", "values")
        known["durability"] = _durability(known.get("durability"), kwargs)
        options = Options(**known)
        return Call(self, config, options, put, self.program.output_keys, invoked=True), []

    def clear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """Forget the cached results of these nodes, or of all. Raises ValueError for a graph without a cache."""
        self._cache().clear(self._cached(nodes))

    async def aclear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """:meth:`clear_cache` with the cache's async methods."""
        await self._cache().aclear(self._cached(nodes))

    def _cache(self) -> Any:
        if self.cache is None:
            raise ValueError("No cache is set for this graph: compile it with one, compile(cache=InMemoryCache()).")
        return self.cache

    def _cached(self, nodes: Sequence[str] | None) -> list[tuple[str, ...]]:
        return [namespace(self.program.nodes[name]) for name in nodes or self.program.nodes]

    # drawing --------------------------------------------------------------------------------------------------

    def get_graph(self, config: RunnableConfig | None = None, *, xray: int | bool = False) -> Graph:
        """The graph to draw, as langchain's ``Graph``: ``get_graph().draw_mermaid()``. ``xray`` opens subgraphs."""
        return cast("Graph", langchain_graph(self, xray))

    async def aget_graph(self, config: RunnableConfig | None = None, *, xray: int | bool = False) -> Graph:
        """:meth:`get_graph`; nothing in it waits."""
        return self.get_graph(config, xray=xray)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """At the end of a cell the graph is a picture, made offline."""
        from lgstream.graph.drawing import shape_of
        from lgstream.views.graph.svg import Picture

        return Picture(shape_of(self))._repr_mimebundle_()

    # threads --------------------------------------------------------------------------------------------------

    def get_subgraphs(
        self, *, namespace: str | None = None, recurse: bool = False
    ) -> Iterator[tuple[str, CompiledGraph]]:
        """The nodes that are compiled graphs, by their names joined with ``|``; with ``recurse`` those inside too."""
        for name, node in self.program.nodes.items():
            for subgraph in node.subgraphs:
                if namespace is None or namespace == name:
                    yield name, subgraph
                if recurse and (namespace is None or namespace.startswith(f"{name}|")):
                    inner = None if namespace is None else namespace[len(name) + 1 :]
                    for path, graph in subgraph.get_subgraphs(namespace=inner, recurse=True):
                        yield f"{name}|{path}", graph

    async def aget_subgraphs(
        self, *, namespace: str | None = None, recurse: bool = False
    ) -> AsyncIterator[tuple[str, CompiledGraph]]:
        """:meth:`get_subgraphs`; nothing in it waits."""
        for found in self.get_subgraphs(namespace=namespace, recurse=recurse):
            yield found

    def _thread(self, config: RunnableConfig | None, writes: bool = False) -> tuple[CompiledGraph, Any, dict[str, Any]]:
        """Whose checkpoints a config names: the graph (this one or a subgraph), the saver and the whole config.

        Raises ValueError where there is no checkpointer, or, to write, no such subgraph.
        """
        whole = configs.merge_configs(self.config, config)
        ensured = configs.ensure_config(whole)
        running = ensured["configurable"].get("__pregel_checkpointer")
        saver = self._saver(running)
        namespace = threads.namespace_of(ensured)
        if not namespace or running is not None:
            return self, saver, whole
        for _, graph in self.get_subgraphs(namespace=namespace, recurse=True):
            return graph, saver, whole
        if writes:
            raise ValueError(f"Subgraph {namespace} not found: the graph has {[n for n, _ in self.get_subgraphs()]}.")
        return self, saver, whole

    def _saver(self, running: Any) -> Any:
        """The saver of the graph's threads, or of the run that ``running`` is of."""
        if self.checkpointer is True and running is None:
            raise RuntimeError("checkpointer=True cannot be used for root graphs: it means the parent's.")
        saver = None if self.checkpointer is False else running or self.checkpointer
        if saver is None:
            raise ValueError(
                "No checkpointer set: a graph without one keeps no state between runs. Compile it with one, e.g. "
                "compile(checkpointer=InMemorySaver())."
            )
        return saver

    def get_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        """The state of a thread now, or at the checkpoint that the config names; raises ValueError without a saver."""
        graph, saver, whole = self._thread(config)
        return threads.ask(saver, threads.state_of(graph, saver, whole, subgraphs))

    async def aget_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        """:meth:`get_state` with the saver's async methods."""
        graph, saver, whole = self._thread(config)
        return await threads.aask(saver, threads.state_of(graph, saver, whole, subgraphs))

    def get_state_history(
        self,
        config: RunnableConfig,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[StateSnapshot]:
        """The states of a thread, newest first."""
        graph, saver, whole = self._thread(config)
        options = {"filter": filter, "before": before, "limit": limit}
        yield from threads.ask(saver, threads.history_of(graph, saver, configs.ensure_config(whole), options))

    async def aget_state_history(
        self,
        config: RunnableConfig,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[StateSnapshot]:
        """:meth:`get_state_history` with the saver's async methods."""
        graph, saver, whole = self._thread(config)
        options = {"filter": filter, "before": before, "limit": limit}
        for snapshot in await threads.aask(
            saver, threads.history_of(graph, saver, configs.ensure_config(whole), options)
        ):
            yield snapshot

    def bulk_update_state(self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]) -> RunnableConfig:
        """Write to a thread from outside of a run, a checkpoint for each inner sequence; the last one's config."""
        graph, saver, whole = self._thread(config, writes=True)
        updating = updates.updated(graph, saver, configs.ensure_config(whole), supersteps)
        return cast("RunnableConfig", threads.ask(saver, updating))

    async def abulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        """:meth:`bulk_update_state` with the saver's async methods."""
        graph, saver, whole = self._thread(config, writes=True)
        updating = updates.updated(graph, saver, configs.ensure_config(whole), supersteps)
        return cast("RunnableConfig", await threads.aask(saver, updating))

    def update_state(
        self, config: RunnableConfig, values: Any, as_node: str | None = None, task_id: str | None = None
    ) -> RunnableConfig:
        """Write to a thread as if ``as_node`` had (the node that wrote last, by default); the new checkpoint's config.

        Raises InvalidUpdateError for an unknown or ambiguous node, ValueError without a checkpointer.
        """
        return self.bulk_update_state(config, [[StateUpdate(values, as_node, task_id)]])

    async def aupdate_state(
        self, config: RunnableConfig, values: Any, as_node: str | None = None, task_id: str | None = None
    ) -> RunnableConfig:
        """:meth:`update_state` with the saver's async methods."""
        return await self.abulk_update_state(config, [[StateUpdate(values, as_node, task_id)]])


class CompiledStateGraph(CompiledGraph):
    """A compiled :class:`~lgstream.graph.StateGraph`, which is its ``builder``."""

    _json_schema = staticmethod(state_json_schema)

    def __init__(self, *, builder: StateGraph, **kwargs: Any) -> None:
        super().__init__(context_schema=builder.context_schema, output_schema=builder.output_schema, **kwargs)
        self.builder = builder


CompiledStateGraph.__module__ = "lgstream.graph.state"  # where users import it from
