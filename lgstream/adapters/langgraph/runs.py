"""A graph compiled by the ``langgraph`` package, run as it is, its chunks turned into lgstream's events.

The graph's own ``invoke`` runs, so result, exceptions and keyword arguments are what they are unwatched. It is told
that a parent listens, as it tells its own subgraphs: by two keys of ``configurable``, one for the chunks of
``stream()`` and one for the stream writer. Reading ``stream(subgraphs=True)`` instead would lose which of several
parallel tasks a custom write came from, and where among the chunks a token belongs. Both keys are langgraph's own
affair and may change; a run of which nothing is heard is reported to the logger ``lgstream.adapters``.
"""

from __future__ import annotations

import logging
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from lgstream.adapters.langgraph.chunks import MODES, Chunks
from lgstream.config import current_config
from lgstream.events import (
    CallFinished,
    CallStarted,
    Edge,
    Message,
    NodeShape,
    RunFinished,
    RunStarted,
    Shape,
    TaskRetried,
    Token,
    ToolFinished,
    ToolStarted,
)
from lgstream.sinks import FanOut, Sink, attached_sinks

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

log = logging.getLogger("lgstream.adapters")

STREAM_KEY = "__pregel_stream"
SCRATCHPAD_KEY = "__pregel_scratchpad"
RUNTIME_KEY = "__pregel_runtime"
TERMINALS = frozenset({"__start__", "__end__"})
MODEL_KINDS: frozenset[type] = frozenset({CallStarted, Token, Message, CallFinished, ToolStarted, ToolFinished})


@contextmanager
def overheard(sink: Sink) -> Iterator[None]:
    """Show every run of a langgraph graph that starts in the block to ``sink``, wherever it is started.

    Replaces ``Pregel.stream`` and ``Pregel.astream``, which ``invoke`` and ``ainvoke`` call, and puts them back at the
    end. What they yield, return and raise is what it was. Runs inside of other runs are part of those.
    """
    from langgraph.pregel import Pregel

    stream: Any = Pregel.stream
    astream: Any = Pregel.astream

    def heard(self: Any, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:
        if is_nested(config):
            yield from stream(self, input, config, **kwargs)
            return
        tap = Tap(self, FanOut([sink]))
        error: BaseException | None = None
        try:
            yield from stream(self, input, tap.start(input, config), **kwargs)
        except BaseException as raised:
            error = raised
            raise
        finally:
            tap.finish(tap.chunks.state(self.output_channels), error)
            tap.fanout.close()

    async def aheard(self: Any, input: Any, config: Any = None, **kwargs: Any) -> AsyncIterator[Any]:
        if is_nested(config):
            async with aclosing(astream(self, input, config, **kwargs)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        tap = Tap(self, FanOut([sink]))
        error: BaseException | None = None
        try:
            async with aclosing(astream(self, input, tap.start(input, config), **kwargs)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except BaseException as raised:
            error = raised
            raise
        finally:
            tap.finish(tap.chunks.state(self.output_channels), error)
            await tap.fanout.aclose()

    replaced: Any = Pregel
    replaced.stream, replaced.astream = wraps(stream)(heard), wraps(astream)(aheard)
    try:
        yield
    finally:
        replaced.stream, replaced.astream = stream, astream


def is_nested(config: Any = None) -> bool:
    """Whether a run that starts here, with this config, is part of another: of either package, or heard already."""
    within: Any = current_config() or {}
    keys = {**(within.get("configurable") or {}), **((config or {}).get("configurable") or {})}
    return STREAM_KEY in keys or SCRATCHPAD_KEY in keys


def is_langgraph(graph: Any) -> bool:
    """Whether ``graph`` is a compiled graph of the ``langgraph`` package, which this does not import."""
    pregel = sys.modules.get("langgraph.pregel")
    return pregel is not None and isinstance(graph, pregel.Pregel)


def run(graph: Any, input: Any, config: RunnableConfig | None = None, sinks: Iterable[Sink] = (), **kwargs: Any) -> Any:
    """``graph.invoke(input, config, **kwargs)``, its events shown to ``sinks`` and to the attached ones.

    Returns and raises what ``invoke`` does.
    """
    tap = Tap(graph, FanOut([*sinks, *attached_sinks()]))
    try:
        result = graph.invoke(input, tap.start(input, config), **kwargs)
    except BaseException as error:
        tap.finish(None, error)
        raise
    else:
        tap.finish(result, None)
        return result
    finally:
        tap.fanout.close()


async def arun(
    graph: Any, input: Any, config: RunnableConfig | None = None, sinks: Iterable[Sink] = (), **kwargs: Any
) -> Any:
    """``await graph.ainvoke(input, config, **kwargs)``, its events shown to ``sinks``: see :func:`run`."""
    tap = Tap(graph, FanOut([*sinks, *attached_sinks()]))
    try:
        result = await graph.ainvoke(input, tap.start(input, config), **kwargs)
    except BaseException as error:
        tap.finish(None, error)
        raise
    else:
        tap.finish(result, None)
        return result
    finally:
        await tap.fanout.aclose()


def command(answers: dict[str, Any]) -> Any:
    """The input with which an interrupted run goes on: ``answers`` by interrupt id."""
    from langgraph.types import Command

    return Command(resume=answers)


def overwrite(value: Any) -> Any:
    """A write that replaces what a reducer keeps."""
    from langgraph.types import Overwrite

    return Overwrite(value)


class Tap:
    """One run of a langgraph graph: what it is given to listen with, its first event and its last."""

    def __init__(self, graph: Any, fanout: FanOut) -> None:
        self.graph = graph
        self.fanout = fanout
        self.chunks = Chunks(fanout.emit)
        self.run_id = uuid.uuid4()

    def start(self, input: Any, config: RunnableConfig | None) -> RunnableConfig | None:
        """Emit ``RunStarted`` and return the config to run with."""
        if not self.fanout.wants:
            return config
        self.run_id = (config or {}).get("run_id") or self.run_id
        name = self.graph.get_name()
        self.fanout.emit(RunStarted(time.time(), (), str(self.run_id), name, input, self._shape()))
        return self._listening(config or {})

    def finish(self, result: Any, error: BaseException | None) -> None:
        """Emit what is held back, and ``RunFinished``: with the state so far where the run did not get to its end."""
        self.chunks.flush()
        if error is not None:
            status = "failed" if isinstance(error, Exception) else "stopped"
        else:
            status = "interrupted" if self.chunks.interrupted else "done"
        if error is None and self.fanout.wants and not self.chunks.heard:
            log.warning("Nothing was heard of the run: this version of langgraph does not tell its listeners as known.")
        told = result if status == "done" else self.chunks.state(self.graph.output_channels)
        self.fanout.emit(RunFinished(time.time(), (), str(self.run_id), status, told, error))

    def _shape(self) -> Shape | None:
        try:
            return shape_of(self.graph)
        except Exception:  # a graph that cannot be drawn can still be run
            log.warning("The shape of graph %r cannot be told before it runs.", self.graph.get_name(), exc_info=True)
            return None

    def _listening(self, config: RunnableConfig) -> RunnableConfig:
        from langchain_core.runnables.config import merge_configs
        from langgraph.pregel.protocol import StreamProtocol

        from lgstream.adapters.langgraph.runtime import HeardRuntime

        configurable = config.get("configurable") or {}
        if self.graph.checkpointer and not configurable:
            return config  # invoke is about to say that a thread_id is missing: it must not find other keys
        ours: RunnableConfig = {
            "run_id": self.run_id,
            "configurable": {
                STREAM_KEY: StreamProtocol(self.chunks, set(MODES)),
                RUNTIME_KEY: HeardRuntime(
                    store=self.graph.store, stream_writer=self.chunks.write, heard=self.chunks.write
                ),
            },
        }
        if callbacks := self._callbacks():
            ours["callbacks"] = callbacks
        return merge_configs(config, ours)

    def _callbacks(self) -> list[Any]:
        found: list[Any] = []
        if self.fanout.wants & MODEL_KINDS:
            from lgstream.langchain.model_listener import ModelListener

            found.append(ModelListener(self.fanout.emit))
        if TaskRetried in self.fanout.wants:
            from lgstream.adapters.langgraph.retries import RetryListener

            found.append(RetryListener(self.fanout.emit))
        return found


def shape_of(graph: Any) -> Shape:
    """The nodes and edges of a compiled langgraph graph, and those of its nodes that are graphs themselves."""
    drawn = graph.get_graph()
    nodes = tuple(
        NodeShape(name, shape_of(node.bound) if is_langgraph(node.bound) else None)
        for name, node in graph.nodes.items()
        if name in drawn.nodes and name not in TERMINALS
    )
    edges = tuple(
        Edge(edge.source, edge.target, edge.conditional, "" if edge.data is None else str(edge.data))
        for edge in drawn.edges
    )
    return Shape(graph.get_name(), nodes, edges)
