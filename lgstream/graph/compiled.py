"""Compiled graphs: the methods that run a graph and draw it. A compiled graph is a langchain Runnable."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import RunnableConfig

from lgstream.channels.schema import state_json_schema
from lgstream.engine.drivers.chunk_queue import AsyncChunkQueue, ChunkQueue
from lgstream.engine.tasks.cache import cache_namespace
from lgstream.graph.argument_checks import check_inputs, check_names
from lgstream.graph.drawing import graph_shape, langchain_graph
from lgstream.graph.invocation import Invocation
from lgstream.graph.persistence import PersistentGraph
from lgstream.graph.stream_options import StreamOptions, resolve_durability
from lgstream.graph.subgraph import invoke_in_task, shares_parent_run
from lgstream.runtime import RunControl
from lgstream.sinks import Sink
from lgstream.types import All, Durability

if TYPE_CHECKING:
    from langchain_core.runnables.graph import Graph

    from lgstream.graph.specs import GraphSpec
    from lgstream.types import StreamMode

__all__ = ["CompiledGraph", "CompiledStateGraph"]


_INVOKE_OPTIONS = StreamOptions(stream_mode="values")


class CompiledGraph(PersistentGraph):
    """A compiled graph, which can be run, streamed and drawn.

    A run emits events. The chunks of :meth:`stream` are made from these events, and sinks receive the events
    themselves. The attributes are those of :class:`~lgstream.graph.compiled_base.BaseCompiledGraph`.
    """

    # Running --------------------------------------------------------------------------------------------------------

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
        """Run the graph and yield chunks as they are produced. The run starts when the first chunk is requested.

        Async nodes run on a private event loop, even if an event loop already runs in the caller's thread, as in a
        notebook.

        Args:
            input: The initial state; None or a ``Command`` to resume a thread.
            config: The config of the run: ``{"configurable": {"thread_id": ...}}``, tags, callbacks, limits.
            context: The context that nodes receive in their runtime.
            stream_mode: ``values``, ``updates`` (the default), ``custom``, ``messages``, ``tasks``, ``checkpoints``,
                ``debug``, ``tools``, or a list of them; with a list, chunks are pairs ``(mode, chunk)``.
            print_mode: Modes whose chunks are also printed.
            output_keys: The state keys that chunks show; by default all.
            interrupt_before: The nodes before which the run stops, or ``"*"`` for all.
            interrupt_after: The nodes after which the run stops, or ``"*"`` for all.
            durability: When checkpoints are saved: ``sync``, ``async`` (the default) or ``exit``.
            subgraphs: Also yield the chunks of subgraphs; chunks then start with their namespace.
            debug: Print updates and values, as ``compile(debug=True)`` does for every run.
            version: ``v2`` yields typed dicts instead of bare chunks and tuples.
            sinks: Sinks that receive every event of this run.
            control: Allows other code to stop the run before its next superstep.
            **kwargs: ``checkpoint_during``, a deprecated form of ``durability``. No others are accepted.

        Yields:
            Chunks, in the shape of the stream mode: for ``updates`` a dict of node name and update, for ``values`` the
            state, for ``messages`` a pair of message chunk and metadata, for ``custom`` the data of the stream writer,
            for ``tools`` a dict with the ``event`` of a tool call (reference rule 57).

        Raises:
            GraphRecursionError: if the run needs more supersteps than ``recursion_limit``.
            InvalidUpdateError: if nodes write values that a state key does not accept.
            EmptyInputError: if the input sets no state key.
            ValueError: if the arguments or the config do not fit the graph, or a mode or durability is unknown.
            TypeError: if a keyword argument is unknown, or ``sinks`` is not a list of sinks.
            Exception: every exception that a node raises.

        Example:
            >>> for chunk in graph.stream({"topic": "cats"}, stream_mode="updates"):
            ...     print(chunk)
        """
        options = StreamOptions(
            context, stream_mode, print_mode, output_keys, interrupt_before, interrupt_after,
            resolve_durability(durability, kwargs, "stream"), subgraphs, debug, version, sinks, control,
        )  # fmt: skip
        chunks = ChunkQueue()
        invocation = Invocation(self, config, options, chunks.put, self.program.stream_keys)
        for batch in invocation.run_sync(input, chunks):
            yield from batch

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
        """Async version of :meth:`stream`: run the graph on the caller's event loop, sync nodes in threads."""
        options = StreamOptions(
            context, stream_mode, print_mode, output_keys, interrupt_before, interrupt_after,
            resolve_durability(durability, kwargs, "astream"), subgraphs, debug, version, sinks, control,
        )  # fmt: skip
        chunks = AsyncChunkQueue()
        invocation = Invocation(self, config, options, chunks.put, self.program.stream_keys)
        async with invocation.run_async(input, chunks) as batches:
            async for batch in batches:
                for chunk in batch:
                    yield chunk

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Run the graph to its end and return its output state.

        Args:
            input: The initial state; None or a ``Command`` to resume a thread.
            config: The config of the run.
            **kwargs: The keywords of :meth:`stream`.

        Returns:
            The output state. If the run was interrupted, its key ``__interrupt__`` has the interrupts (reference
            rule 5). With a ``stream_mode`` other than ``values``: the list of chunks. With ``version="v2"``: a
            ``GraphOutput``.

        Raises:
            Exception: the exceptions of :meth:`stream`.

        Example:
            >>> graph.invoke({"messages": [("user", "hi")]}, {"configurable": {"thread_id": "1"}})
        """
        chunks = ChunkQueue()
        invocation = self._invocation(config, kwargs, chunks.put)
        all_chunks: list[Any] = []
        for batch in invocation.run_sync(input, chunks):
            all_chunks += batch
        return invocation.invoke_result(all_chunks)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Async version of :meth:`invoke`: run the graph on the caller's event loop, sync nodes in threads."""
        chunks = AsyncChunkQueue()
        invocation = self._invocation(config, kwargs, chunks.put)
        all_chunks: list[Any] = []
        async with invocation.run_async(input, chunks) as batches:
            async for batch in batches:
                all_chunks += batch
        return invocation.invoke_result(all_chunks)

    def batch(self, inputs: list[Any], config: Any = None, **kwargs: Any) -> list[Any]:
        """Run the graph once for each input, in threads, and return the outputs; see langchain's ``Runnable.batch``.

        Args:
            inputs: The inputs of the runs.
            config: The config of all runs, or a list of configs.
            **kwargs: ``return_exceptions``, and the keywords of :meth:`stream`.

        Raises:
            TypeError: if ``inputs`` is not a list.
            Exception: the exceptions of :meth:`invoke`.
        """
        check_inputs(inputs, config)
        return super().batch(inputs, config, **kwargs)

    async def abatch(self, inputs: list[Any], config: Any = None, **kwargs: Any) -> list[Any]:
        """Async version of :meth:`batch`."""
        check_inputs(inputs, config)
        return await super().abatch(inputs, config, **kwargs)

    def run_in_task(self, task: Any, input: Any) -> Any:
        """Run the graph as a node of another graph and return its output.

        Args:
            task: The task of that node.
            input: The input of the run.
        """
        if shares_parent_run(self, task):
            return invoke_in_task(self, task, input)
        chunks = ChunkQueue()
        config = task.get_config() if self.config else None  # to be merged with the config bound to this graph
        invocation = Invocation(
            self, config, _INVOKE_OPTIONS, chunks.put, self.program.output_keys, is_invoke=True, parent_task=task
        )
        for _ in invocation.run_sync(input, chunks):
            pass
        return invocation.invoke_result([])

    def _invocation(
        self, config: RunnableConfig | None, keywords: dict[str, Any], put: Callable[[Any], None]
    ) -> Invocation:
        options = StreamOptions.from_keywords(keywords, stream_mode="values") if keywords else _INVOKE_OPTIONS
        return Invocation(self, config, options, put, self.program.output_keys, is_invoke=True)

    # Cache ----------------------------------------------------------------------------------------------------------

    def clear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """Delete the cached results of nodes.

        Args:
            nodes: The names of the nodes; by default all.

        Raises:
            ValueError: if the graph has no cache.
        """
        self._checked_cache().clear(self._cache_namespaces(nodes))

    async def aclear_cache(self, nodes: Sequence[str] | None = None) -> None:
        """Async version of :meth:`clear_cache`, which uses the async methods of the cache."""
        await self._checked_cache().aclear(self._cache_namespaces(nodes))

    def _checked_cache(self) -> Any:
        if self.cache is None:
            raise ValueError("No cache is set for this graph: compile it with one, compile(cache=InMemoryCache()).")
        return self.cache

    def _cache_namespaces(self, nodes: Sequence[str] | None) -> list[tuple[str, ...]]:
        check_names("nodes", nodes, "a list of node names")
        names = (nodes,) if isinstance(nodes, str) else nodes or self.program.nodes
        return [cache_namespace(self.program.nodes[name]) for name in names if name in self.program.nodes]

    # Drawing and subgraphs ------------------------------------------------------------------------------------------

    def get_graph(self, config: RunnableConfig | None = None, *, xray: int | bool = False) -> Graph:
        """Return the graph as langchain's drawable ``Graph``.

        Args:
            config: Ignored.
            xray: The depth to which subgraphs are drawn in place of their nodes; True draws all.

        Example:
            >>> print(graph.get_graph().draw_mermaid())
        """
        return cast("Graph", langchain_graph(self, xray))

    async def aget_graph(self, config: RunnableConfig | None = None, *, xray: int | bool = False) -> Graph:
        """Async version of :meth:`get_graph`; it never waits."""
        return self.get_graph(config, xray=xray)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the drawing of the graph that a notebook shows for it; it is made without an external service."""
        from lgstream.views.graph.svg import GraphPicture

        return GraphPicture(graph_shape(self))._repr_mimebundle_()

    def get_subgraphs(
        self, *, namespace: str | None = None, recurse: bool = False
    ) -> Iterator[tuple[str, CompiledGraph]]:
        """Yield the compiled graphs that are nodes of this graph or that its nodes call.

        Args:
            namespace: The path of the only subgraph to yield: node names joined by ``|``. None yields all.
            recurse: Also yield the subgraphs of subgraphs.

        Yields:
            Pairs of path and subgraph.
        """
        paths_and_graphs = super().get_subgraphs(namespace=namespace, recurse=recurse)
        return cast("Iterator[tuple[str, CompiledGraph]]", paths_and_graphs)

    async def aget_subgraphs(
        self, *, namespace: str | None = None, recurse: bool = False
    ) -> AsyncIterator[tuple[str, CompiledGraph]]:
        """Async version of :meth:`get_subgraphs`; it never waits."""
        for path_and_graph in self.get_subgraphs(namespace=namespace, recurse=recurse):
            yield path_and_graph


class CompiledStateGraph(CompiledGraph):
    """A compiled :class:`~lgstream.graph.StateGraph`.

    Attributes:
        builder: The ``StateGraph`` that was compiled. It is not typed as such because ``lgstream.graph.state``
            imports this module.
    """

    _json_schema = staticmethod(state_json_schema)

    def __init__(self, *, builder: Any, **kwargs: Any) -> None:
        super().__init__(context_schema=builder.context_schema, output_schema=builder.output_schema, **kwargs)
        self.builder = builder

    @property
    def spec(self) -> GraphSpec:
        """The nodes and edges as they were added to the builder."""
        return cast("GraphSpec", self.builder)


CompiledStateGraph.__module__ = "lgstream.graph.state"  # where users import it from
