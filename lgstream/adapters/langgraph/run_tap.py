"""Obtain the events of one run of a langgraph graph.

The tap passes langgraph the two keys of ``configurable`` that langgraph itself passes to its subgraphs: one for the
chunks of ``stream()`` and one for the stream writer. Reading ``stream(subgraphs=True)``
instead would lose which of several parallel tasks made a custom write, and where among the chunks a token belongs. Both
keys are private to langgraph and may change; a run without any chunk is reported to the logger ``lgstream.adapters``.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from lgstream._reserved import CONFIG_KEY_RUNTIME, CONFIG_KEY_SCRATCHPAD, CONFIG_KEY_STREAM, CONFIG_KEY_TAP
from lgstream.config import current_config, ensure_config, merge_configs
from lgstream.engine.emitter import run_started
from lgstream.engine.langgraph.chunks import STREAM_MODES, ChunkTranslator
from lgstream.engine.langgraph.shape import langgraph_shape
from lgstream.events import RunFinished, RunStarted, Shape, TaskRetried
from lgstream.langchain.listeners import Listeners
from lgstream.sinks import FanOut, Sink

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

__all__ = ["RunTap", "is_nested_run"]

logger = logging.getLogger("lgstream.adapters")


def is_nested_run(config: RunnableConfig | None = None) -> bool:
    """Return True if a run that starts here with ``config`` is part of another run, or already has a tap.

    The other run may be one of lgstream or of langgraph.
    """
    current: Any = current_config() or {}
    keys = {**(current.get("configurable") or {}), **((config or {}).get("configurable") or {})}
    return CONFIG_KEY_STREAM in keys or CONFIG_KEY_SCRATCHPAD in keys


class RunTap:
    """Sends the events of one run of a langgraph graph to sinks.

    A context manager, sync or async: call :meth:`start` in the block, run the graph with the config that it returns,
    and set ``result``. On exit the remaining events are emitted, and the tap waits for the sinks.

    Args:
        graph: a compiled langgraph graph.
        sinks: the sinks that receive the events.

    Attributes:
        result: what the run returned; shown by ``RunFinished``.
    """

    def __init__(self, graph: Any, sinks: Iterable[Sink]) -> None:
        self.result: Any = None
        self._graph = graph
        self._fanout = FanOut(sinks)
        self._translator = ChunkTranslator(self._fanout.emit)
        self._run_id = uuid.uuid4()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._finish(error)
        finally:
            self._fanout.close()

    async def __aenter__(self) -> Self:
        self._fanout.leave_thread_of_run()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._finish(error)
        finally:
            await self._fanout.aclose()

    def start(self, input: Any, config: RunnableConfig | None) -> RunnableConfig | None:
        """Emit ``RunStarted`` and return the config to run the graph with."""
        if not self._fanout.wants:
            return config
        self._run_id = (config or {}).get("run_id") or self._run_id
        self._translator.run_id = str(self._run_id)
        if RunStarted in self._fanout.wants:
            self._emit_started(input, config)
        return self._observed_config(config or {})

    def _emit_started(self, input: Any, config: RunnableConfig | None) -> None:
        full_config = ensure_config(merge_configs(self._graph.config, config))
        graph = self._graph
        self._fanout.emit(run_started(full_config, str(self._run_id), graph.get_name(), input, self._shape()))

    def output(self) -> Any:
        """Return the latest output of the graph: the state that it has reached, restricted to its output channels."""
        return self._translator.latest_values(self._graph.output_channels)

    def _finish(self, error: BaseException | None) -> None:
        """Emit the delayed events and ``RunFinished``, which shows the state so far if the run did not complete."""
        self._translator.flush()
        if error is not None:
            status = "failed" if isinstance(error, Exception) else "stopped"
        else:
            status = "interrupted" if self._translator.is_interrupted else "done"
        if error is None and self._fanout.wants and not self._translator.has_chunks:
            logger.warning(
                "No events of the run were received: this version of langgraph does not pass its chunks on as expected."
            )
        result = self.result if status == "done" else self.output()
        self._fanout.emit(RunFinished(time.time(), (), str(self._run_id), status, result, error))

    def _shape(self) -> Shape | None:
        try:
            return langgraph_shape(self._graph)
        except Exception:  # a graph that cannot be drawn can still run
            name = self._graph.get_name()
            logger.warning("The shape of graph %r is not known before it runs.", name, exc_info=True)
            return None

    def _observed_config(self, config: RunnableConfig) -> RunnableConfig:
        """Return ``config`` with the keys and callbacks that make langgraph pass chunks, writes and tokens on."""
        from langchain_core.runnables import config as langchain_config
        from langgraph.pregel.protocol import StreamProtocol

        from lgstream.adapters.langgraph.runtime import TeeRuntime

        if self._graph.checkpointer and not config.get("configurable"):
            return config  # invoke will report the missing thread_id, and must not find other keys
        write_custom = self._translator.write_custom
        additions: RunnableConfig = {
            "run_id": self._run_id,
            "configurable": {
                CONFIG_KEY_TAP: True,
                CONFIG_KEY_STREAM: StreamProtocol(self._translator, set[Any](STREAM_MODES)),
                CONFIG_KEY_RUNTIME: TeeRuntime(
                    store=self._graph.store, stream_writer=write_custom, observer=write_custom
                ),
            },
        }
        if callbacks := self._callbacks():
            additions["callbacks"] = callbacks
        return langchain_config.merge_configs(config, additions)

    def _callbacks(self) -> list[Any]:
        listeners = Listeners(self._fanout.emit, self._fanout.wants)
        listeners.set_run_id(str(self._run_id))
        callbacks = listeners.handlers
        self._translator.notice_namespace = listeners.notice_namespace
        if TaskRetried in self._fanout.wants:
            from lgstream.adapters.langgraph.retries import RetryListener

            callbacks.append(RetryListener(self._fanout.emit, str(self._run_id)))
        return callbacks
