"""One call of a compiled graph: its options, its config, who listens, and the run that comes of it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from lgstream import config as configs
from lgstream._reserved import CONFIG_KEY_SCRATCHPAD, NAMESPACE_SEPARATOR
from lgstream.effects import aio as performer
from lgstream.engine.callables import Effect
from lgstream.engine.checkpoints.format import Save, with_text_id
from lgstream.engine.checkpoints.start_point import Origin
from lgstream.engine.drivers import aio, sync
from lgstream.engine.run_loop import DEFAULT_LIMIT, Run, Setup, Straight
from lgstream.engine.tasks.task import Task
from lgstream.errors import is_failure
from lgstream.events import (
    CallFinished,
    CallStarted,
    Event,
    Message,
    RunFinished,
    RunStarted,
    Token,
    ToolFinished,
    ToolStarted,
)
from lgstream.graph import subgraph as nested
from lgstream.graph.drawing import graph_shape
from lgstream.graph.lifecycle_callbacks import notify_interrupt, notify_resume
from lgstream.graph.snapshots import Asking, aask, ask, is_past_of
from lgstream.langchain.running import running_task
from lgstream.langchain.tracing import Trace, is_traced
from lgstream.runtime import RunControl
from lgstream.sinks import FanOut, Sink, attached_sinks
from lgstream.stream.projection import LIVE, Chunks, Instances, Printer
from lgstream.types import All, Durability, GraphOutput, Interrupt

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple

    from lgstream.graph.definition import GraphDefinition
    from lgstream.langchain.model_listener import ModelListener

_NOTHING = frozenset[type]()
_SPOKEN = frozenset((Token, Message, CallStarted, CallFinished, ToolStarted, ToolFinished))


@dataclass(slots=True)
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
    control: RunControl | None = None


class Listeners:
    """Who hears a run: the stream's own projections, sinks, and the run that this one is nested in."""

    def __init__(self, own: Sequence[Chunks], sinks: Sequence[Sink], parent: Run | None) -> None:
        self.own = own
        self.fan = FanOut(sinks) if sinks else None
        self.parent = parent
        self.own_wants = frozenset[type]().union(*(chunks.wants for chunks in own)) if own else _NOTHING
        if self.fan is not None:
            self.own_wants |= self.fan.wants
        self.wants = self.own_wants
        if parent is not None:
            self.wants = self.own_wants | parent.setup.below if self.own_wants else parent.setup.below
        everywhere = all(chunks.subgraphs for chunks in own)
        self.below = self.wants if everywhere else self._wants_below()

    def _wants_below(self) -> frozenset[type]:
        """The kinds of event that are wanted of runs nested in this one: a stream may leave out subgraphs."""
        above = self.parent.setup.below if self.parent is not None else _NOTHING
        fan = self.fan.wants if self.fan is not None else _NOTHING
        return above.union(fan, *(chunks.wants for chunks in self.own if chunks.subgraphs))

    def emit_own(self, event: Event) -> None:
        """Give an event to those who came with this call."""
        for chunks in self.own:
            chunks(event)
        if self.fan is not None:
            self.fan.emit(event)

    @property
    def straight(self) -> Straight | None:
        """The chunks of the one stream that hears the run, if nobody else does."""
        if not self.own and self.fan is None:
            return self.parent.setup.straight if self.parent is not None else None
        return self.own[0] if len(self.own) == 1 and self.fan is None and self.parent is None else None

    def emitter(self) -> Callable[[Event], None]:
        """The one function that the run's events go through."""
        parent = self.parent
        own = self.own_emitter()
        if parent is None:
            return own
        if not self.own and self.fan is None:
            return parent.emit
        above = parent.emit

        def both(event: Event) -> None:
            above(event)
            own(event)

        return both

    def own_emitter(self) -> Callable[[Event], None]:
        """What gives an event to those who came with this call."""
        if self.fan is None and len(self.own) == 1:
            return self.own[0].emitter()
        return self.fan.emit if self.fan is not None and not self.own else self.emit_own


class Call:
    """One call of a graph: its config, who listens, and the run."""

    def __init__(
        self,
        graph: GraphDefinition,
        config: Mapping[str, Any] | None,
        options: Options,
        put: Callable[[Any], None],
        default_keys: str | Sequence[str],
        invoked: bool = False,
        within: Task | None = None,
    ) -> None:
        self.graph = graph
        self.options = options
        self.modes = graph.stream_mode if options.stream_mode is None else options.stream_mode
        given = configs.merge_configs(graph.config, config) if graph.config else config
        task = within or running_task()
        self._config: dict[str, Any] | None = None
        if task is None or (given and not task.has_config(given)):
            self._config = configs.child_config(within.own_config(), given) if within else configs.ensure_config(given)
            task = self._config["configurable"].get(CONFIG_KEY_SCRATCHPAD)
        self.parent: Task | None = task if isinstance(task, Task) else None
        self._nth = nested.count(self.parent) if self.parent is not None else 0
        self.wants_chunks = not invoked or self.modes != "values"
        keys = options.output_keys if options.output_keys is not None else default_keys
        self.result_keys = keys
        alone = invoked and not self.wants_chunks and self.parent is None and options.output_keys is None
        self.output_keys = graph.program.stream_keys if alone else keys
        self.listeners = self._listeners(put)
        self.listener: ModelListener | None = None
        self._came_of: tuple[Any, tuple[Interrupt, ...]] = None, ()

    @property
    def config(self) -> dict[str, Any]:
        """The config of the run; where it is the task's, made when somebody asks for it."""
        if self._config is None:
            assert self.parent is not None
            self._config = configs.child_config(self.parent.own_config())
        return self._config

    @property
    def ns(self) -> tuple[str, ...]:
        """Where this run is: in a task, or nowhere."""
        return () if self.parent is None else nested.namespace(self.graph, self.parent, self._nth)

    def _listeners(self, put: Callable[[Any], None]) -> Listeners:
        options, graph = self.options, self.graph
        own: list[Chunks] = []
        modes = options.print_mode
        if options.debug or (options.debug is None and graph.debug):
            modes = [*([modes] if isinstance(modes, str) else modes), "updates", "values"]
        if modes:
            own.append(Printer(modes, subgraphs=options.subgraphs, ns=self.ns))
        if self.wants_chunks:
            own.append(self._chunks(put))
        sinks = (*options.sinks, *graph.sinks, *(attached_sinks() if self.parent is None else ()))
        return Listeners(own, sinks, self.parent.run if self.parent is not None else None)

    def _chunks(self, put: Callable[[Any], None]) -> Chunks:
        options, program = self.options, self.graph.program
        return Chunks(
            self.modes, put, subgraphs=options.subgraphs, version=options.version, ns=self.ns,
            instances=Instances(program.output_instance, program.state_instance),
        )  # fmt: skip

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
        for key in (options.output_keys,) if isinstance(options.output_keys, str) else options.output_keys or ():
            if key not in graph.program.channels:
                raise ValueError(f"Key {key} not in channels: the graph has {sorted(graph.program.channels)}.")
        run = parent.run if parent is not None else None
        limit, concurrency = self._limits()
        self._listen_to_models()
        return Setup(
            config=lambda: self.config,
            ns=lambda: self.ns,
            limit=limit,
            concurrency=concurrency,
            emit=self.listeners.emitter(),
            wants=self.listeners.wants,
            below=self.listeners.below,
            output_keys=self.output_keys,
            result_keys=self.result_keys,
            parent=parent,
            saver=self._saver(),
            store=graph.store if graph.store is not None or run is None else run.setup.store,
            cache=graph.cache if graph.cache is not None or run is None else run.setup.cache,
            context=_context(graph.context_schema, options.context, run),
            durability=options.durability or (run.setup.durability if run is not None else "async"),
            interrupt_before=options.interrupt_before or graph.interrupt_before_nodes,
            interrupt_after=options.interrupt_after or graph.interrupt_after_nodes,
            straight=self.listeners.straight,
            control=options.control,
            names_tasks=self.listeners.fan is not None or (run is not None and run.setup.names_tasks),
        )

    def _limits(self) -> tuple[int, int | None]:
        """The most supersteps, and the most tasks at once. Raises ValueError for no supersteps at all."""
        if self._config is None and self.parent is not None:
            setup = self.parent.run.setup
            return setup.limit, setup.concurrency
        limit = self.config.get("recursion_limit", DEFAULT_LIMIT)
        if limit < 1:
            raise ValueError(f"recursion_limit must be at least 1, not {limit}: it counts the supersteps allowed.")
        return limit, self.config.get("max_concurrency")

    def _listen_to_models(self) -> None:
        """Have models stream into the events, if someone who came with this call wants them."""
        if not (self.listeners.own_wants & _SPOKEN):
            return
        from lgstream.langchain.model_listener import ModelListener

        straight = self.listeners.straight
        self.listener = ModelListener(self.listeners.own_emitter(), *((straight.tokens,) if straight else ()))
        self.config["callbacks"] = configs.merge_callbacks(self.config.get("callbacks"), [self.listener])

    def _saved_config(self) -> dict[str, Any]:
        """Which checkpoint to begin with: by its id, if the config or its map of namespaces has one, or the latest."""
        configurable = {**self.config["configurable"], "checkpoint_ns": NAMESPACE_SEPARATOR.join(self.ns)}
        ids = configurable.get("checkpoint_map") or {}
        if configurable["checkpoint_ns"] in ids:
            configurable["checkpoint_id"] = ids[configurable["checkpoint_ns"]]
        elif self.parent is None and self.config["configurable"].get("checkpoint_ns"):
            configurable["checkpoint_id"] = None  # it is a subgraph's
        named = {k: v for k, v in configurable.items() if v is not None and not k.startswith("__pregel")}
        return {**self.config, "configurable": with_text_id(named)}

    def _begun_with(self) -> Asking[tuple[CheckpointTuple | None, Origin]]:
        """The checkpoint to begin with, and how it was found."""
        config = self._saved_config()
        replay = self.parent.run.replay if self.parent is not None else None
        if config["configurable"].get("checkpoint_id"):
            saved = yield Save("get_tuple", (config,))
            is_past = saved is not None and (yield from is_past_of(config, saved))
            return saved, Origin(is_named=True, is_past=is_past)
        if replay is not None and replay.is_first(NAMESPACE_SEPARATOR.join(self.ns)):
            before = {"configurable": {"checkpoint_id": replay.checkpoint_id}}
            found = yield Save("list", (config,), {"before": before, "limit": 1})
            return found[0] if found else None, Origin(is_replayed=True)
        return (yield Save("get_tuple", (config,))), Origin(is_replayed=replay is not None)

    # the run --------------------------------------------------------------------------------------------------

    def run_sync(self, input: Any, chunks: sync.Chunked) -> Iterator[Iterable[Any]]:
        """Run in threads; yields chunks, all that are there at once."""
        setup = self._setup()
        saved = None
        if setup.saver is not None:
            saved, origin = ask(setup.saver, self._begun_with())
            setup = replace(setup, origin=origin)
        run = Run(self.graph.program, setup, saved)
        self._started(run, input)
        error: BaseException | None = None
        trace = self._trace(run)
        try:
            driven = sync.drive(run, input, chunks, self.is_live, self.graph.step_timeout)
            if trace is None:
                yield from driven
            else:
                sync.carry_out(self._opened(trace, run, input))
                for chunk in trace.chunks(chain.from_iterable(driven)):
                    yield (chunk,)
                sync.carry_out(notify_interrupt(run))
        except BaseException as raised:
            error = raised
            raise
        finally:
            if trace is not None:
                sync.carry_out(trace.closed(run.output(), error))
            self._finished(run, error)
            if self.listeners.fan is not None:
                self.listeners.fan.close()

    async def run_async(self, input: Any, chunks: aio.Chunked) -> AsyncGenerator[Iterable[Any], None]:
        """Run on the event loop; yields chunks, all that are there at once."""
        setup = self._setup()
        saved = None
        if setup.saver is not None:
            saved, origin = await aask(setup.saver, self._begun_with())
            setup = replace(setup, origin=origin)
        run = Run(self.graph.program, setup, saved)
        self._started(run, input)
        error: BaseException | None = None
        driven = aio.drive(run, input, chunks, self.is_live, self.graph.step_timeout)
        trace = self._trace(run)
        try:
            if trace is None:
                async for ready in driven:
                    yield ready
            else:
                await performer.carry_out(self._opened(trace, run, input))
                async for chunk in trace.achunks(aio.each(driven)):
                    yield (chunk,)
                await performer.carry_out(notify_interrupt(run))
        except BaseException as raised:
            error = raised
            raise
        finally:
            await driven.aclose()
            if trace is not None:
                await performer.carry_out(trace.closed(run.output(), error))
            self._finished(run, error)
            if self.listeners.fan is not None:
                await self.listeners.fan.aclose()

    @property
    def is_live(self) -> bool:
        """Whether chunks may come while a lone task runs."""
        if not self.wants_chunks:
            return False
        modes = self.modes
        if self.options.subgraphs or self.graph.program.calls_tasks:
            return True
        return not LIVE.isdisjoint([modes] if isinstance(modes, str) else modes)

    def _opened(self, trace: Trace, run: Run, input: Any) -> Generator[Effect, Any, None]:
        name = str(self.config.get("run_name") or self.graph.name)
        yield from trace.opened(name, input, self.config.get("run_id"))
        yield from notify_resume(run, input)

    def _trace(self, run: Run) -> Trace | None:
        """The graph's run as langchain's callbacks see it, where somebody listens to them."""
        above = self.parent
        if self._config is None and above is not None and not above.run.traced and above.life is None:
            return None  # it has the callbacks of its parent, to which nobody listens
        if not is_traced(self.config, is_root=above is None):
            return None
        metadata = {key: value for key, value in self.config["metadata"].items() if not key.startswith("langgraph_")}
        metadata["ls_integration"] = "langgraph"  # what tracers know graph runs by
        trace = Trace(self.config.get("callbacks"), self.config.get("tags"), metadata)
        run.traced = True
        run.trace_child = trace.child
        return trace

    def _started(self, run: Run, input: Any) -> None:
        if self.parent is None and RunStarted in run.wants:
            shape = graph_shape(self.graph)
            run.emit(RunStarted(time.time(), (), run.run_id, self.graph.name, input, shape))

    def _finished(self, run: Run, error: BaseException | None) -> None:
        if self.listener is not None and error is not None and not isinstance(error, Exception):
            self.listener.stop()
        if self.parent is None and RunFinished in run.wants:
            status = run.status
            if error is not None:
                status = "failed" if is_failure(error) else "stopped"
            run.emit(RunFinished(time.time(), (), run.run_id, status, run.output(), error))
        if not self.wants_chunks and error is None:
            self._came_of = run.output(), run.interrupts

    def returned(self, collected: list[Any]) -> Any:
        """What ``invoke`` returns."""
        if self.wants_chunks:
            return collected
        output, interrupts = self._came_of
        if self.options.version == "v2":
            make = self.graph.program.output_instance
            if not isinstance(output, dict):
                return GraphOutput({} if interrupts else output, interrupts)
            return GraphOutput(output if make is None else make(output), interrupts)
        if interrupts:
            return {**(output if isinstance(output, dict) else {}), "__interrupt__": list(interrupts)}
        return output


def _context(schema: Any, given: Any, run: Run | None) -> Any:
    """The context as an instance of its schema; a subgraph that is given none has its parent's."""
    if given is None:
        return run.setup.context if run is not None else None
    if isinstance(given, dict) and isinstance(schema, type) and schema is not dict:
        return schema(**given)
    return given
