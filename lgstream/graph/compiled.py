"""Compiled graphs: what users call ``stream``, ``invoke`` and their async twins on. A langchain Runnable."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from typing_extensions import Self

from .. import config as configs
from ..engine import aio, sync
from ..engine.keys import SCRATCHPAD, SEPARATOR
from ..engine.program import Program
from ..engine.run import Run, Setup
from ..engine.task import Task
from ..events import CallFinished, CallStarted, Event, Message, RunFinished, RunStarted, Token
from ..modes import LIVE, Chunks, Printer
from ..sinks import FanOut, Sink, attached
from ..types import All, Checkpointer, Durability, GraphOutput
from .drawing import shape_of

if TYPE_CHECKING:
    from ..types import StreamMode
    from .state import StateGraph

__all__ = ["CompiledGraph", "CompiledStateGraph"]

_SPOKEN = frozenset((Token, Message, CallStarted, CallFinished))


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


@dataclass(slots=True, frozen=True)
class Options:
    """The keyword arguments of one call, as the caller gave them."""

    context: Any = None
    stream_mode: Any = None
    print_mode: Any = ()
    output_keys: str | Sequence[str] | None = None
    interrupt_before: All | Sequence[str] | None = None
    interrupt_after: All | Sequence[str] | None = None
    durability: Durability | None = None
    subgraphs: bool = False
    debug: bool | None = None
    version: str = "v1"
    sinks: Sequence[Sink] = ()


class Listeners:
    """Who hears a run: the stream's own projections, sinks, and the run that this one is nested in."""

    def __init__(self, own: Sequence[Chunks], sinks: Sequence[Sink], parent: Run | None) -> None:
        self.own = own
        self.fan = FanOut(sinks) if sinks else None
        self.parent = parent
        self.own_wants = frozenset[type]().union(*(chunks.wants for chunks in own))
        if self.fan is not None:
            self.own_wants |= self.fan.wants
        self.wants = self.own_wants | (parent.wants if parent is not None else frozenset())

    def emit_own(self, event: Event) -> None:
        """Give an event to those who came with this call."""
        for chunks in self.own:
            chunks(event)
        if self.fan is not None:
            self.fan.emit(event)

    def emitter(self) -> Callable[[Event], None]:
        """The one function that the run's events go through."""
        parent = self.parent
        if parent is None:
            return self.own[0] if len(self.own) == 1 and self.fan is None else self.emit_own
        if not self.own and self.fan is None:
            return parent.emit
        above = parent.emit

        def both(event: Event) -> None:
            above(event)
            self.emit_own(event)

        return both


class CompiledGraph(Runnable[Any, Any]):
    """A graph that runs: an engine program with a checkpointer, a store and defaults.

    ``name`` is the graph's; ``config`` is bound by :meth:`with_config`; ``step_timeout`` are the seconds a superstep may
    take. Everything a run does goes through events: ``stream`` is one way to look at them, ``sinks`` another.
    """

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
        import copy

        bound = copy.copy(self)
        merged = configs.merge(cast("Mapping[str, Any]", self.config), cast("Mapping[str, Any]", config), kwargs)
        merged.setdefault("configurable", {})
        bound.config = cast("RunnableConfig", merged)
        return bound

    # running --------------------------------------------------------------------------------------------------

    def stream(
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
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Run the graph and yield chunks as they come. Nothing runs before the first is asked for (rule 7).

        Args:
            input: the state to start with; None or a ``Command`` to go on with a thread.
            stream_mode: ``values``, ``updates`` (the default), ``custom``, ``messages``, ``tasks``, ``checkpoints``,
                ``debug``, or a list of them; then chunks are ``(mode, chunk)``.
            subgraphs: also yield what happens in subgraphs; chunks then start with the namespace.
            sinks: callables that get every event of this run.

        Async nodes run on a private event loop, also where a loop runs already, as in a notebook.

        Raises what nodes raise, and ValueError, GraphRecursionError, InvalidUpdateError, EmptyInputError by the rules.
        """
        options = Options(
            context, stream_mode or self.stream_mode if stream_mode != [] else [], print_mode, output_keys,
            interrupt_before, interrupt_after, durability, subgraphs, debug, version, sinks,
        )  # fmt: skip
        chunks = sync.Chunked()
        call = _Call(self, config, options, chunks.put, self.program.stream_keys)
        yield from call.run_sync(input, chunks)

    async def astream(
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
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """:meth:`stream` on the caller's event loop; sync nodes run in threads."""
        options = Options(
            context, stream_mode or self.stream_mode if stream_mode != [] else [], print_mode, output_keys,
            interrupt_before, interrupt_after, durability, subgraphs, debug, version, sinks,
        )  # fmt: skip
        chunks = aio.Chunked()
        call = _Call(self, config, options, chunks.put, self.program.stream_keys)
        async for chunk in call.run_async(input, chunks):
            yield chunk

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Run the graph to its end and return its output state; keywords as those of :meth:`stream`.

        Another ``stream_mode`` than ``values`` returns the list of chunks. Interrupted, the state has the key
        ``__interrupt__`` (rule 5). ``version="v2"`` returns a GraphOutput.
        """
        chunks = sync.Chunked()
        call, collected = self._invocation(config, kwargs, chunks.put)
        for chunk in call.run_sync(input, chunks):
            collected.append(chunk)
        return call.returned(collected)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """:meth:`invoke` on the caller's event loop."""
        chunks = aio.Chunked()
        call, collected = self._invocation(config, kwargs, chunks.put)
        async for chunk in call.run_async(input, chunks):
            collected.append(chunk)
        return call.returned(collected)

    def _invocation(
        self, config: RunnableConfig | None, kwargs: dict[str, Any], put: Callable[[Any], None]
    ) -> tuple[_Call, list[Any]]:
        known = {key: value for key, value in kwargs.items() if key in Options.__dataclass_fields__}
        known.setdefault("stream_mode", "values")
        options = Options(**known)
        return _Call(self, config, options, put, self.program.output_keys, invoked=True), []


class _Call:
    """One call of a graph: its config, who listens, and the run."""

    def __init__(
        self,
        graph: CompiledGraph,
        config: RunnableConfig | None,
        options: Options,
        put: Callable[[Any], None],
        default_keys: str | Sequence[str],
        invoked: bool = False,
    ) -> None:
        self.graph = graph
        self.options = options
        self.config = configs.ensure(configs.merge(cast("Any", graph.config), cast("Any", config)))
        parent = self.config["configurable"].get(SCRATCHPAD)
        self.parent: Task | None = parent if isinstance(parent, Task) else None
        self.ns = self._namespace()
        self.wants_chunks = not invoked or options.stream_mode != "values"
        keys = options.output_keys if options.output_keys is not None else default_keys
        self.result_keys = keys
        alone = invoked and not self.wants_chunks and self.parent is None and options.output_keys is None
        self.output_keys = graph.program.stream_keys if alone else keys
        self.listeners = self._listeners(put)
        self.run: Run | None = None

    def _namespace(self) -> tuple[str, ...]:
        """Where this run is: in a task, its namespace, numbered from the task's second call on (rule 38)."""
        if self.parent is None:
            return ()
        ns = tuple(self.parent.ns.split(SEPARATOR))
        if self.graph.checkpointer is True:
            return tuple(part.split(":")[0] for part in ns if not part.isdigit())
        count = self.parent.subgraphs
        self.parent.subgraphs += 1
        return (*ns, str(count)) if count else ns

    def _listeners(self, put: Callable[[Any], None]) -> Listeners:
        options, graph = self.options, self.graph
        own: list[Chunks] = []
        shape: dict[str, Any] = {"subgraphs": options.subgraphs, "ns": self.ns}
        modes = options.print_mode
        if options.debug or options.debug is None and graph.debug:
            modes = [*([modes] if isinstance(modes, str) else modes), "updates", "values"]
        if modes:
            own.append(Printer(modes, **shape))
        if self.wants_chunks:
            instance = graph.program.state_instance
            own.append(Chunks(options.stream_mode, put, version=options.version, instance=instance, **shape))
        sinks = [*options.sinks, *graph.sinks]
        if self.parent is None:
            sinks += attached()
        return Listeners(own, sinks, self.parent.run if self.parent is not None else None)

    # set up ---------------------------------------------------------------------------------------------------

    def _saver(self) -> Any:
        graph = self.graph
        if graph.checkpointer is False:
            return None
        if self.parent is not None:
            return self.parent.run.saver
        if graph.checkpointer is True:
            raise RuntimeError(
                "checkpointer=True cannot be used for root graphs: it means the parent's. Compile the outermost graph "
                "with a saver."
            )
        if graph.checkpointer is not None and not {"thread_id", "checkpoint_ns", "checkpoint_id"} & set(
            self.config["configurable"]
        ):
            raise ValueError(
                "Checkpointer requires one or more of the following 'configurable' keys: thread_id, checkpoint_ns, "
                "checkpoint_id. Give the thread a name: config={'configurable': {'thread_id': '1'}}."
            )
        return graph.checkpointer

    def _setup(self) -> Setup:
        options, graph, parent = self.options, self.graph, self.parent
        limit = self.config.get("recursion_limit", 1)
        if limit < 1:
            raise ValueError(f"recursion_limit must be at least 1, not {limit}: it is the number of supersteps allowed.")
        for key in (options.output_keys,) if isinstance(options.output_keys, str) else options.output_keys or ():
            if key not in graph.program.channels:
                raise ValueError(f"Key {key} not in channels: the graph has {sorted(graph.program.channels)}.")
        run = parent.run if parent is not None else None
        self._listen_to_models()
        return Setup(
            config=self.config,
            emit=self.listeners.emitter(),
            wants=self.listeners.wants,
            output_keys=self.output_keys,
            result_keys=self.result_keys,
            parent=parent,
            ns=self.ns,
            saver=self._saver(),
            store=graph.store if graph.store is not None or run is None else run.store,
            cache=graph.cache if graph.cache is not None or run is None else run.setup.cache,
            context=_context(graph.context_schema, options.context, run),
            durability=options.durability or (run.setup.durability if run is not None else "async"),
            interrupt_before=options.interrupt_before or graph.interrupt_before_nodes,
            interrupt_after=options.interrupt_after or graph.interrupt_after_nodes,
        )

    def _listen_to_models(self) -> None:
        """Have models stream into the events, if someone who came with this call wants them."""
        if not (self.listeners.own_wants & _SPOKEN):
            return
        from ..engine.listener import ModelListener

        listener = ModelListener(self.listeners.emit_own)
        self.config["callbacks"] = configs.joined_callbacks(self.config.get("callbacks"), [listener])

    def _saved_config(self) -> dict[str, Any]:
        configurable = {**self.config["configurable"], "checkpoint_ns": SEPARATOR.join(self.ns)}
        if self.parent is not None:
            ids = configurable.get("checkpoint_map") or {}
            configurable["checkpoint_id"] = ids.get(configurable["checkpoint_ns"])
        configurable = {key: value for key, value in configurable.items() if not key.startswith("__pregel")}
        return {**self.config, "configurable": {k: v for k, v in configurable.items() if v is not None}}

    # the run --------------------------------------------------------------------------------------------------

    def run_sync(self, input: Any, chunks: sync.Chunked) -> Iterator[Any]:
        """Run in threads; yields chunks."""
        setup = self._setup()
        saved = setup.saver.get_tuple(self._saved_config()) if setup.saver is not None else None
        run = self.run = Run(self.graph.program, setup, saved)
        options = self.options
        modes = options.stream_mode if self.wants_chunks else ()
        live = self.wants_chunks and (options.subgraphs or bool(LIVE & set([modes] if isinstance(modes, str) else modes)))
        self._started(run, input)
        error: BaseException | None = None
        try:
            yield from sync.drive(run, input, chunks, live, self.graph.step_timeout)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._finished(run, error)
            if self.listeners.fan is not None:
                self.listeners.fan.close()

    async def run_async(self, input: Any, chunks: aio.Chunked) -> AsyncIterator[Any]:
        """Run on the event loop; yields chunks."""
        setup = self._setup()
        saved = await setup.saver.aget_tuple(self._saved_config()) if setup.saver is not None else None
        run = self.run = Run(self.graph.program, setup, saved)
        self._started(run, input)
        error: BaseException | None = None
        driven = aio.drive(run, input, chunks, self.graph.step_timeout)
        try:
            async for chunk in driven:
                yield chunk
        except BaseException as raised:
            error = raised
            raise
        finally:
            await driven.aclose()  # type: ignore[attr-defined]
            self._finished(run, error)
            if self.listeners.fan is not None:
                await self.listeners.fan.aclose()

    def _started(self, run: Run, input: Any) -> None:
        if self.parent is None and RunStarted in run.wants:
            shape = shape_of(self.graph)
            run.emit(RunStarted(time.time(), (), str(run.run_id), self.graph.name, input, shape))

    def _finished(self, run: Run, error: BaseException | None) -> None:
        if self.parent is None and RunFinished in run.wants:
            status = run.status
            if error is not None:
                status = "failed" if isinstance(error, Exception) else "stopped"
            run.emit(RunFinished(time.time(), (), str(run.run_id), status, run.output(), error))

    def returned(self, collected: list[Any]) -> Any:
        """What ``invoke`` returns."""
        assert self.run is not None
        options, run = self.options, self.run
        if self.wants_chunks:
            return collected
        output = run.output()
        if options.version == "v2":
            make = self.graph.program.output_instance
            value = make(output) if make is not None and isinstance(output, dict) else output
            return GraphOutput(value, run.interrupts)
        if run.interrupts and (output is None or isinstance(output, dict)):
            return {**(output or {}), "__interrupt__": list(run.interrupts)}
        return output


def _context(schema: Any, given: Any, run: Run | None) -> Any:
    """The context as an instance of its schema; a subgraph that is given none has its parent's."""
    if given is None:
        return run.context if run is not None else None
    if isinstance(given, dict) and isinstance(schema, type) and schema is not dict:
        return schema(**given)
    return given


class CompiledStateGraph(CompiledGraph):
    """A compiled :class:`~lgstream.graph.StateGraph`, which is its ``builder``."""

    def __init__(self, *, builder: StateGraph, **kwargs: Any) -> None:
        super().__init__(context_schema=builder.context_schema, **kwargs)
        self.builder = builder
