"""Turns the tools and retrievers that a run calls into events."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from lgstream.errors import is_pause
from lgstream.events import (
    Event,
    Namespace,
    RetrieverFinished,
    RetrieverStarted,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
)
from lgstream.inspection.containers import as_sequence
from lgstream.langchain.running_task import is_in_langgraph_root
from lgstream.langchain.running_tool import RunningTool, enter_tool, leave_tool, nested_tool, running_tool_call
from lgstream.langchain.task_metadata import event_tags, namespace_and_task_id
from lgstream.langchain.tool_output_delta import close_tool_output, open_tool_output
from lgstream.langchain.tracing import RunListener


class _Call(NamedTuple):
    """A call of a tool or retriever in progress: the first fields of its events."""

    ns: Namespace
    task_id: str
    node: str
    call_id: str


class _EnteredTool(NamedTuple):
    """A running tool, and what surrounded it."""

    tool: RunningTool
    previous: RunningTool | None


class ToolListener(BaseCallbackHandler, RunListener):
    """Emits events for every call of a tool or a retriever within a run, and says which tool call is running.

    The listener can be used from several threads, because each call has its own langchain run id.

    Args:
        emit: receives the events.
        wants: the event classes to emit.
        is_for_nested_roots: True if it also listens to graphs that a node calls with a ``thread_id`` of their own.
        run_id: the id of the run, for its events.
    """

    run_inline = True
    """Keeps events in order, and in the context of the call, in async runs."""
    ignore_llm = True
    ignore_chat_model = True
    ignore_chain = True

    def __init__(
        self,
        emit: Callable[[Event], None],
        wants: frozenset[type],
        is_for_nested_roots: bool = True,
        run_id: str = "",
    ) -> None:
        self.is_for_nested_roots = is_for_nested_roots
        self.run_id = run_id
        self._emit = emit
        self._wants = wants
        self._calls: dict[UUID, _Call] = {}
        self._entered_tools: dict[UUID, _EnteredTool] = {}

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Emit ToolStarted, and then a ToolOutputDelta for each part of its output that the tool emits."""
        call = self._start_call(run_id, metadata, kwargs.get("tool_call_id"))
        if call is None or metadata is None:
            return
        tool = nested_tool(self.run_id, call.task_id, call.call_id)
        if ToolStarted in self._wants:
            name = str((serialized or {}).get("name") or kwargs.get("name") or "tool")
            arguments = input_str if inputs is None else inputs
            outer = tool.outer_call_id
            self._emit(ToolStarted(time.time(), *call, name, arguments, event_tags(tags), outer, self.run_id))
        if ToolOutputDelta in self._wants:
            open_tool_output(run_id, lambda delta: self._emit(ToolOutputDelta(time.time(), *call, delta, self.run_id)))
        self._entered_tools[run_id] = _EnteredTool(tool, enter_tool(tool))

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit ToolFinished with the output."""
        self._finish_tool(run_id, output, None)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit ToolFinished with the error."""
        self._finish_tool(run_id, None, error)

    def on_retriever_start(
        self,
        serialized: dict[str, Any],
        query: str,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Emit RetrieverStarted."""
        call = self._start_call(run_id, metadata, None)
        if call is not None and RetrieverStarted in self._wants:
            name = str((serialized or {}).get("name") or kwargs.get("name") or "retriever")
            tool_call_id = running_tool_call(self.run_id)
            self._emit(RetrieverStarted(time.time(), *call, name, query, tool_call_id, self.run_id))

    def on_retriever_end(self, documents: Sequence[Any], *, run_id: UUID, **kwargs: Any) -> None:
        """Emit RetrieverFinished with the documents."""
        self._finish_retriever(run_id, documents, None)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit RetrieverFinished with the error."""
        self._finish_retriever(run_id, (), error)

    def _start_call(self, run_id: UUID, metadata: dict[str, Any] | None, call_id: str | None) -> _Call | None:
        if not metadata or "langgraph_checkpoint_ns" not in metadata:
            return None
        if not self.is_for_nested_roots and is_in_langgraph_root():
            return None
        ns, task_id = namespace_and_task_id(metadata)
        call = self._calls[run_id] = _Call(ns, task_id, metadata["langgraph_node"], call_id or str(run_id))
        return call

    def _finish_tool(self, run_id: UUID, output: Any, error: BaseException | None) -> None:
        if (entered := self._entered_tools.pop(run_id, None)) is not None:
            leave_tool(*entered)
        close_tool_output(run_id)
        call = self._calls.pop(run_id, None)
        if call is not None and ToolFinished in self._wants:
            self._emit(ToolFinished(time.time(), *call, output, error, is_pause(error), self.run_id))

    def _finish_retriever(self, run_id: UUID, documents: Sequence[Any], error: BaseException | None) -> None:
        call = self._calls.pop(run_id, None)
        if call is not None and RetrieverFinished in self._wants:
            self._emit(RetrieverFinished(time.time(), *call, as_sequence(documents), error, self.run_id))
