"""One call of a compiled graph: its config, its subscribers, its run and its result."""

from __future__ import annotations

import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import Any

from lgstream._conversions import langgraph_error, own_value
from lgstream.config import (
    callbacks_of_root,
    check_config,
    child_config,
    ensure_config,
    merge_callbacks,
    merge_configs,
    task_of,
)
from lgstream.effects import aio as aio_effects
from lgstream.effects import blocking as blocking_effects
from lgstream.effects.effects import Effects
from lgstream.engine.drivers import aio, sync
from lgstream.engine.drivers.chunk_queue import AsyncChunkQueue, ChunkQueue
from lgstream.engine.run_loop import RunLoop
from lgstream.engine.run_options import DEFAULT_RECURSION_LIMIT, RunOptions
from lgstream.engine.run_state import ParentTask, RunState
from lgstream.engine.tasks.task import Task
from lgstream.errors import is_failure
from lgstream.events import Event, RunFinished, RunStarted
from lgstream.graph.argument_checks import check_thread
from lgstream.graph.compiled_base import BaseCompiledGraph
from lgstream.graph.drawing import graph_shape
from lgstream.graph.langgraph_task import LangGraphTask, langgraph_task, with_own_lists
from lgstream.graph.lifecycle_callbacks import notify_interrupt, notify_resume
from lgstream.graph.start_checkpoint import find_start
from lgstream.graph.stream_options import StreamOptions, default_stream_mode
from lgstream.graph.subgraph import subgraph_namespace, subgraph_options
from lgstream.graph.subscribers import Subscribers
from lgstream.langchain.graph_listener import ChainStart, announce_graph
from lgstream.langchain.listeners import LISTENED_KINDS, Listeners
from lgstream.langchain.running_task import get_running_task
from lgstream.langchain.tracing import TracedRun, callback_handlers, is_traced
from lgstream.sinks import attached_sinks
from lgstream.sinks.sink import check_sinks
from lgstream.stream.modes import LIVE_MODES
from lgstream.stream.projection import ChunkPrinter, OutputTypes, StreamProjection
from lgstream.types import GraphOutput, Interrupt


class Invocation:
    """One call of a graph.

    Args:
        graph: the graph.
        config: the config of the call.
        options: the other keyword arguments of the call.
        put: receives the chunks.
        default_keys: the output keys if the options have none.
        is_invoke: True for ``invoke``, which returns the state unless the options have another stream mode.
        parent_task: the task that the call runs in; None to look for one in the current context and in the config.
    """

    def __init__(
        self,
        graph: BaseCompiledGraph,
        config: Mapping[str, Any] | None,
        options: StreamOptions,
        put: Callable[[Any], None],
        default_keys: str | Sequence[str],
        is_invoke: bool = False,
        parent_task: Task | None = None,
    ) -> None:
        if config is not None and not isinstance(config, dict):
            check_config(config)
        self._graph = graph
        self._options = options
        self._modes = options.stream_mode
        if self._modes is None:
            self._modes = default_stream_mode(graph.stream_mode, config)
        if graph.config:
            config = merge_configs(graph.config, config)
        task = parent_task or get_running_task()
        self._config: dict[str, Any] | None = None
        if task is None or (config and not task.has_config(config)):
            self._config = child_config(parent_task.get_config(), config) if parent_task else ensure_config(config)
            task = task_of(self._config["configurable"]) or langgraph_task(self._config)
        self._parent: ParentTask | None = task
        self._index = self._parent.next_subgraph_index() if self._parent is not None else 0
        self._yields_chunks = not is_invoke or self._modes != "values"
        self._result_keys = options.output_keys if options.output_keys is not None else default_keys
        is_root_invoke = is_invoke and not self._yields_chunks and self._parent is None
        shows_whole_state = is_root_invoke and options.output_keys is None
        self._stream_keys = graph.program.stream_keys if shows_whole_state else self._result_keys
        self._subscribers = self._build_subscribers(put)
        self._listeners: Listeners | None = None
        self._outcome: tuple[Any, tuple[Interrupt, ...]] = None, ()
        if options.durability is not None and not self._has_saver:
            warnings.warn("`durability` has no effect when no checkpointer is present.", stacklevel=3)

    @property
    def _has_saver(self) -> bool:
        """True if checkpoints are saved; :meth:`_saver` returns the saver."""
        saver = self._graph.checkpointer if self._parent is None else self._parent.run.saver
        return saver is not None and self._graph.checkpointer is not False

    @property
    def config(self) -> dict[str, Any]:
        """The config of the run; if the task's config applies unchanged, it is built on first use."""
        if self._config is None:
            assert self._parent is not None
            self._config = child_config(self._parent.get_config())
        return self._config

    @property
    def ns(self) -> tuple[str, ...]:
        """The namespace of the run; ``()`` for a root run."""
        return () if self._parent is None else subgraph_namespace(self._graph, self._parent, self._index)

    def _build_subscribers(self, put: Callable[[Any], None]) -> Subscribers:
        options, graph = self._options, self._graph
        projections: list[StreamProjection] = []
        print_modes = options.print_mode
        if options.debug or (options.debug is None and graph.debug):
            print_modes = [*([print_modes] if isinstance(print_modes, str) else print_modes), "updates", "values"]
        if print_modes:
            projections.append(ChunkPrinter(print_modes, subgraphs=options.subgraphs, ns=self.ns))
        if self._yields_chunks:
            output_types = OutputTypes(graph.program.make_output, graph.program.make_state)
            projections.append(
                StreamProjection(
                    self._modes,
                    put,
                    subgraphs=options.subgraphs,
                    version=options.version,
                    ns=self.ns,
                    output_types=output_types,
                )
            )
        parent = self._parent
        reports_alone = parent is None or (isinstance(parent, LangGraphTask) and not parent.run.is_tapped)
        own_sinks = options.sinks if type(options.sinks) in (list, tuple) else check_sinks(options.sinks)
        sinks = (*own_sinks, *graph.sinks, *(attached_sinks() if reports_alone else ()))
        return Subscribers(projections, sinks, parent.run if parent is not None else None)

    # Setting up the run ---------------------------------------------------------------------------------------------

    def _run_options(self) -> RunOptions:
        options, graph, parent = self._options, self._graph, self._parent
        for key in (options.output_keys,) if isinstance(options.output_keys, str) else options.output_keys or ():
            if key not in graph.program.channels:
                raise ValueError(f"Key {key} not in channels: the graph has {sorted(graph.program.channels)}.")
        emit = self._subscribers.emitter()
        if parent is None:
            run_options = self._root_options(emit)
        else:
            run_options = subgraph_options(graph, parent, self._index)
            run_options.make_config = lambda: self.config
        if self._config is not None:
            self._set_limits(run_options, self._config)
        self._listen_to_models()
        subscribers = self._subscribers
        run_options.emit = emit
        run_options.field_consumer = subscribers.field_consumer
        run_options.subscribers = subscribers
        run_options.wants, run_options.subgraph_wants = subscribers.wants, subscribers.subgraph_wants
        run_options.stream_keys, run_options.result_keys = self._stream_keys, self._result_keys
        run_options.streams_live = self._streams_live
        run_options.saver = self._saver()
        if options.context is not None:
            run_options.context = _context_instance(graph.context_schema, options.context)
        run_options.durability = options.durability or run_options.durability
        run_options.interrupt_before = options.interrupt_before or graph.interrupt_before_nodes
        run_options.interrupt_after = options.interrupt_after or graph.interrupt_after_nodes
        run_options.control = options.control
        return run_options

    def _root_options(self, emit: Callable[[Event], None]) -> RunOptions:
        graph = self._graph
        if self.config["callbacks"] is not None:
            self.config["callbacks"] = callbacks_of_root(self.config["callbacks"])
        return RunOptions(
            make_config=lambda: self.config,
            make_ns=tuple,
            emit=emit,
            wants=self._subscribers.wants,
            stream_keys=self._stream_keys,
            result_keys=self._result_keys,
            step_timeout=graph.step_timeout,
            store=graph.store,
            cache=graph.cache,
        )

    def _set_limits(self, run_options: RunOptions, config: Mapping[str, Any]) -> None:
        limit = config.get("recursion_limit", DEFAULT_RECURSION_LIMIT)
        try:
            if limit < 1:
                raise ValueError(f"recursion_limit must be at least 1, not {limit}: it counts the supersteps allowed.")
        except TypeError:
            raise TypeError(f"recursion_limit must be a number of at least 1, not {limit!r}.") from None
        run_options.recursion_limit = limit
        concurrency = config.get("max_concurrency")
        if concurrency is not None and (not isinstance(concurrency, int) or concurrency < 0):
            error = ValueError if isinstance(concurrency, int) else TypeError
            raise error(f"max_concurrency must be a positive number, or None for no limit, not {concurrency!r}.")
        run_options.max_concurrency = concurrency

    def _saver(self) -> Any:
        checkpointer = self._graph.checkpointer
        if checkpointer is False:
            return None
        if self._parent is not None:
            return self._parent.run.saver
        if checkpointer is True:
            raise RuntimeError(
                "checkpointer=True cannot be used for root graphs: it stands for the saver of the parent graph. "
                "Compile the outermost graph with a saver."
            )
        if checkpointer is not None:
            check_thread(self.config["configurable"])
        return checkpointer

    @property
    def _streams_live(self) -> bool:
        """True if chunks may be yielded while a lone task runs."""
        if not self._yields_chunks:
            return False
        if self._options.subgraphs or self._graph.program.calls_tasks:
            return True
        return not LIVE_MODES.isdisjoint([self._modes] if isinstance(self._modes, str) else self._modes)

    def _listen_to_models(self) -> None:
        """Add listeners to the callbacks if a subscriber of this call receives events of models or tools."""
        subscribers = self._subscribers
        if not (subscribers.own_wants & LISTENED_KINDS):
            return
        self._listeners = Listeners(
            subscribers.own_emitter(),
            subscribers.own_wants,
            subscribers.field_consumer,
            is_for_nested_roots=subscribers.streams_subgraphs,
        )
        self.config["callbacks"] = merge_callbacks(self.config.get("callbacks"), self._listeners.handlers)

    def _create_loop(self) -> Effects[RunLoop]:
        """Set up the run, from its checkpoint if there is a saver."""
        run_options = self._run_options()
        saved = None
        if run_options.saver is not None:
            saved, run_options.start_point = yield from find_start(
                run_options.saver, self.config, self.ns, self._parent
            )
        state = RunState(self._graph.program, run_options, saved, self._parent)
        if self._listeners is not None:
            self._listeners.set_run_id(state.root_run_id)
        return RunLoop(state)

    # Running --------------------------------------------------------------------------------------------------------

    def run_sync(self, value: Any, chunks: ChunkQueue) -> Iterator[Iterable[Any]]:
        """Run the graph in threads and yield batches of chunks as they arrive."""
        value = own_value(value)
        run_loop = blocking_effects.run_effects(self._create_loop())
        self._emit_started(run_loop, value)
        error: BaseException | None = None
        traced_run = self._traced_run(run_loop)
        try:
            if traced_run is not None:
                blocking_effects.run_effects(self._open_trace(traced_run, run_loop, value))
            yield from sync.drive(run_loop, value, chunks)
            if traced_run is not None:
                blocking_effects.run_effects(notify_interrupt(run_loop))
        except BaseException as raised:
            error = self._outward_error(raised)
            if error is raised:
                raise
            raise error from None
        finally:
            if traced_run is not None:
                blocking_effects.run_effects(traced_run.end(run_loop.output(), error))
            self._emit_finished(run_loop, error)
            if self._subscribers.fan_out is not None:
                self._subscribers.fan_out.close()

    @asynccontextmanager
    async def run_async(self, value: Any, chunks: AsyncChunkQueue) -> AsyncIterator[AsyncIterator[list[Any]]]:
        """Run the graph on the event loop; the context's value yields batches of chunks as they arrive.

        The run ends with the context (reference rule 53).
        """
        value = own_value(value)
        if self._subscribers.fan_out is not None:
            self._subscribers.fan_out.leave_thread_of_run()
        run_loop = await aio_effects.run_effects(self._create_loop())
        self._emit_started(run_loop, value)
        error: BaseException | None = None
        batches = aio.drive(run_loop, value, chunks)
        traced_run = self._traced_run(run_loop)
        try:
            if traced_run is not None:
                # Handlers set context variables that langchain lets them reset only in another context: on_chain_end is
                # called in a task of its own. In a context of its own, the run leaves nothing behind for the caller.
                opening = aio_effects.run_effects(self._open_trace(traced_run, run_loop, value))
                await aio_effects.await_in_context(copy_context(), opening)
            yield batches
            if traced_run is not None:
                await aio_effects.run_effects(notify_interrupt(run_loop))
        except BaseException as raised:
            error = self._outward_error(raised)
            if error is raised:
                raise
            raise error from None
        finally:
            await batches.aclose()
            if traced_run is not None:
                await aio_effects.run_effects(traced_run.end(run_loop.output(), error))
            self._emit_finished(run_loop, error)
            if self._subscribers.fan_out is not None:
                await self._subscribers.fan_out.aclose()

    def _outward_error(self, error: BaseException) -> BaseException:
        """Return the error to raise: in a task of langgraph, its own class for what controls the flow of a graph."""
        return langgraph_error(error) if isinstance(self._parent, LangGraphTask) else error

    def _traced_run(self, run_loop: RunLoop) -> TracedRun | None:
        """Return the langchain chain run of this call; None if no callbacks observe it."""
        parent = self._parent
        if self._config is None and parent is not None and not parent.run.is_traced and parent.heartbeat is None:
            return None  # it has the callbacks of its parent, which is not traced
        if not is_traced(self.config, parent is None, run_loop.state.is_in_langgraph):
            return None
        metadata = {key: value for key, value in self.config["metadata"].items() if not key.startswith("langgraph_")}
        metadata["ls_integration"] = "langgraph"  # tracers identify graph runs by it
        configurable = self.config["configurable"] if parent is None else {}  # nested runs inherit what LangSmith shows
        traced_run = TracedRun(self.config.get("callbacks"), self.config.get("tags"), metadata, configurable)
        run_loop.state.is_traced = True
        run_loop.state.trace_child = traced_run.child_callbacks
        return traced_run

    def _open_trace(self, traced_run: TracedRun, run_loop: RunLoop, value: Any) -> Effects[None]:
        name = str(self.config.get("run_name") or self._graph.name)
        yield from traced_run.start(name, value, self.config.get("run_id"))
        state = run_loop.state
        if state.is_in_langgraph and self._parent is not None:
            handlers = callback_handlers(self.config.get("callbacks"))
            announce_graph(handlers, self.ns, ChainStart(traced_run.run_id, name, self._parent.ns), state.root_run_id)
        yield from notify_resume(run_loop, value)

    def _emit_started(self, run_loop: RunLoop, value: Any) -> None:
        state = run_loop.state
        if self._parent is None and RunStarted in state.wants:
            run_loop.emitter.emit_run_started(
                state, graph_shape(self._graph), value, run_loop.interrupted_run_id(value)
            )

    def _emit_finished(self, run_loop: RunLoop, error: BaseException | None) -> None:
        if self._listeners is not None and error is not None and not isinstance(error, Exception):
            self._listeners.stop()
        state = run_loop.state
        if self._parent is None and RunFinished in state.wants:
            status = run_loop.status
            if error is not None:
                status = "failed" if is_failure(error) else "stopped"
            state.emit(RunFinished(time.time(), (), state.run_id, status, run_loop.output(), error))
        if not self._yields_chunks and error is None:
            output = run_loop.output()
            if isinstance(self._parent, LangGraphTask):
                output = with_own_lists(output)
            self._outcome = output, run_loop.interrupts

    def invoke_result(self, chunks: list[Any]) -> Any:
        """Return the result of ``invoke``: the output, or the chunks if the stream mode is not ``values``."""
        if self._yields_chunks:
            return chunks
        output, interrupts = self._outcome
        if self._options.version == "v2":
            make_output = self._graph.program.make_output
            if not isinstance(output, dict):
                return GraphOutput({} if interrupts else output, interrupts)
            return GraphOutput(output if make_output is None else make_output(output), interrupts)
        if interrupts:
            return {**(output if isinstance(output, dict) else {}), "__interrupt__": list(interrupts)}
        return output


def _context_instance(schema: Any, context: Any) -> Any:
    """Return the context; if it is a dict and the schema is a class, return it as an instance of this class."""
    if isinstance(context, dict) and isinstance(schema, type) and schema is not dict:
        return schema(**context)
    return context
