"""Finds out when graphs of langgraph that are nested in a run start and end, and their names."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from lgstream._conversions import own_error
from lgstream._reserved import NAMESPACE_SEPARATOR, TASK_ID_SEPARATOR
from lgstream.errors import outcome_of_graph
from lgstream.events import Event, GraphFinished, GraphStarted, Namespace
from lgstream.langchain.running_tool import running_tool
from lgstream.langchain.task_metadata import STEP_TAG_PREFIX
from lgstream.langchain.tracing import RunListener


class ChainStart(NamedTuple):
    """The start of a chain run in a task: the id and the name of the run, and the task's checkpoint namespace."""

    run_id: UUID
    name: str
    checkpoint_ns: str


class NestedGraph(NamedTuple):
    """A nested graph that runs: the fields that its first and its last event share."""

    ns: Namespace
    graph: str
    task_id: str
    node: str
    tool_call_id: str


_LATEST_CHAIN: ContextVar[ChainStart | None] = ContextVar("lgstream.latest_chain", default=None)
"""The chain run that was started last in the current context, other than those of tasks."""


class GraphListener(BaseCallbackHandler, RunListener):
    """A callback handler that emits ``GraphStarted`` and ``GraphFinished`` for the graphs of langgraph in a run.

    langgraph runs a nested graph as a chain run of langchain. Nothing in it says that it is a graph; therefore the
    graph starts with the first chunk of its namespace, and is then the chain run that was started last in this context.

    Args:
        emit: receives the events.
        is_for_nested_roots: True if it also listens to graphs that a node calls with a ``thread_id`` of their own.
        run_id: the id of the run, for its events.
    """

    run_inline = True
    """Makes langchain call the handler in the context of the chain run."""
    ignore_llm = True
    ignore_chat_model = True
    ignore_agent = True
    ignore_retriever = True

    def __init__(self, emit: Callable[[Event], None], is_for_nested_roots: bool = True, run_id: str = "") -> None:
        self.is_for_nested_roots = is_for_nested_roots
        self.run_id = run_id
        self._emit = emit
        self._graphs: dict[UUID, NestedGraph] = {}
        self._namespaces: set[Namespace] = set()

    def notice_namespace(self, ns: Namespace) -> None:
        """Emit ``GraphStarted`` if ``ns`` is that of a nested graph that does not run yet.

        It is to be called in the context in which the graph creates a chunk.
        """
        chain = _LATEST_CHAIN.get()
        if ns and chain is not None:
            self.start_graph(ns, chain)

    def start_graph(self, ns: Namespace, chain: ChainStart) -> None:
        """Emit ``GraphStarted`` for the graph that is this chain run, unless the graph at ``ns`` runs already."""
        if ns in self._namespaces:
            return
        node, _, task_id = chain.checkpoint_ns.rpartition(NAMESPACE_SEPARATOR)[2].partition(TASK_ID_SEPARATOR)
        tool = running_tool(self.run_id)
        tool_call_id = tool.call_id if tool is not None and tool.task_id == task_id else ""
        graph = self._graphs[chain.run_id] = NestedGraph(ns, chain.name, task_id, node, tool_call_id)
        self._namespaces.add(ns)
        self._emit(GraphStarted(time.time(), *graph, self.run_id))

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Remember a chain run in a task, which may be that of a graph."""
        if not metadata or any(tag.startswith(STEP_TAG_PREFIX) for tag in tags or ()):
            return
        checkpoint_ns = metadata.get("langgraph_checkpoint_ns")
        if checkpoint_ns is not None:
            _LATEST_CHAIN.set(ChainStart(run_id, str(kwargs.get("name") or ""), checkpoint_ns))

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit ``GraphFinished`` if the chain run is that of a nested graph."""
        self._finish(run_id, "done", None)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit ``GraphFinished`` if the chain run is that of a nested graph."""
        own = own_error(error) if isinstance(error, Exception) else error
        self._finish(run_id, *outcome_of_graph(own))

    def _finish(self, run_id: UUID, status: str, error: BaseException | None) -> None:
        graph = self._graphs.pop(run_id, None)
        if graph is None:
            return
        self._namespaces.discard(graph.ns)
        ns, name, task_id, node, tool_call_id = graph
        self._emit(GraphFinished(time.time(), ns, name, task_id, node, status, error, tool_call_id, self.run_id))


def announce_graph(handlers: Iterable[Any], ns: Namespace, chain: ChainStart, run_id: str) -> None:
    """Tell graph listeners that a chain run is that of the nested graph of lgstream at ``ns``.

    Args:
        handlers: the handlers that observe the chain run.
        ns: the namespace of the graph.
        chain: the chain run.
        run_id: the id of the run in the graph's own events. Listeners of this run are left out.
    """
    for handler in handlers:
        if isinstance(handler, GraphListener) and handler.run_id != run_id:
            handler.start_graph(ns, chain)


def namespace_observer(handlers: Iterable[Any]) -> Callable[[Namespace], None] | None:
    """Return a function that calls ``notice_namespace`` of all graph listeners among the handlers; None without any."""
    observers = [handler.notice_namespace for handler in handlers if isinstance(handler, GraphListener)]
    if len(observers) < 2:
        return observers[0] if observers else None

    def notice_namespace(ns: Namespace) -> None:
        for observe in observers:
            observe(ns)

    return notice_namespace
