"""Hears the chat models and tools that a run calls: tokens and calls as events (rules 24 to 31).

A langchain callback handler. While it is among a run's callbacks, ``model.invoke`` streams: langchain asks a model to
stream whenever a handler of this kind listens.
"""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, LLMResult
from langchain_core.tracers._streaming import _StreamingCallbackHandler

from lgstream._reserved import NAMESPACE_SEPARATOR, TASK_ID_SEPARATOR
from lgstream.constants import TAG_NOSTREAM
from lgstream.events import CallFinished, CallStarted, Event, Message, Token, ToolFinished, ToolStarted

Namespace = tuple[str, ...]

_new = tuple.__new__
"""Makes a named tuple at half the cost; where one is made for every token."""


Show = Callable[[BaseMessage, dict[str, Any]], None]
"""Takes a piece of a message and its metadata."""


class _Call(NamedTuple):
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    metadata: dict[str, Any]
    streams: list[bool]
    """Empty until the first token came."""
    show: Show | None
    """Takes tokens in the place of events."""


class _Tool(NamedTuple):
    ns: Namespace
    task_id: str
    node: str
    call_id: str


def place(metadata: dict[str, Any]) -> tuple[Namespace, str]:
    """The namespace and task id that a model's metadata tell: ``("sub:1", "2"), "task"`` of ``sub:1|2|node:task``."""
    *ns, task = metadata["langgraph_checkpoint_ns"].split(NAMESPACE_SEPARATOR)
    path = metadata.get("langgraph_path", ())
    while len(path) > 3 and path[3] is True:  # a called task: its namespace names the caller, which is no subgraph
        del ns[-1]
        path = path[1]
    return tuple(ns), task.rpartition(TASK_ID_SEPARATOR)[2]


class ModelListener(BaseCallbackHandler, _StreamingCallbackHandler[Any]):
    """Emits CallStarted, Token or Message, and CallFinished for every call of a chat model within a run.

    Calls tagged ``nostream`` are not heard (rule 29). ToolStarted and ToolFinished for every call of a tool. Each call
    is one run of langchain's, so threads share no entries; the dicts are all the state there is.
    """

    run_inline = True
    """Keeps the order of tokens in async runs."""
    raise_error = True
    """Lets :meth:`stop` end a model's stream; else langchain would log the error and go on."""

    def __init__(
        self, emit: Callable[[Event], None], straight: Callable[[Namespace], Show | None] = lambda _: None
    ) -> None:
        """``straight`` gives what takes the tokens of a namespace where no events of them are needed, or None."""
        self._emit = emit
        self._straight = straight
        # by the number of the run's id: to look up a UUID itself takes longer
        self._calls: dict[int, _Call] = {}
        self._tools: dict[UUID, _Tool] = {}
        self._stopped = False

    def stop(self) -> None:
        """The run was stopped: models that still stream in threads, which nothing else can stop, end at a token."""
        self._stopped = True

    def tap_output_aiter(self, run_id: UUID, output: Any) -> Any:
        return output

    def tap_output_iter(self, run_id: UUID, output: Any) -> Any:
        return output

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not metadata or "langgraph_checkpoint_ns" not in metadata or (tags and TAG_NOSTREAM in tags):
            return
        mine = [tag for tag in tags or () if not tag.startswith("seq:step")]
        if mine:
            metadata = {**metadata, "tags": mine}
        ns, task_id = place(metadata)
        call = _Call(ns, task_id, metadata["langgraph_node"], str(run_id), metadata, [], self._straight(ns))
        self._calls[run_id.int] = call
        name = metadata.get("ls_model_name") or kwargs.get("name") or "model"
        self._emit(CallStarted(time.time(), ns, task_id, call.node, call.call_id, str(name), tuple(mine)))

    def on_llm_new_token(
        self, token: Any, *, chunk: Any = None, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        call = self._calls.get(run_id.int)
        if call is None or not isinstance(chunk, ChatGenerationChunk):
            return
        if self._stopped:
            raise CancelledError("The run was stopped.")
        ns, task_id, node, call_id, metadata, streams, show = call
        if not streams:
            streams.append(True)
        message = chunk.message
        if message.id is None:
            message.id = f"lc_run--{call_id}"
        if show is not None:
            show(message, metadata)
            return
        self._emit(_new(Token, (time.time(), ns, task_id, node, call_id, message, metadata)))

    def on_llm_end(
        self, response: LLMResult, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        call = self._calls.pop(run_id.int, None)
        if call is None:
            return
        message = getattr(response.generations[0][0], "message", None) if response.generations else None
        if not call.streams and isinstance(message, BaseMessage):
            self._emit(Message(time.time(), call.ns, call.task_id, call.node, call.call_id, message, call.metadata))
        self._finish(call, reported(message), None)

    def on_llm_error(
        self, error: BaseException, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        call = self._calls.pop(run_id.int, None)
        if call is not None:
            self._finish(call, None, error)

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not metadata or "langgraph_checkpoint_ns" not in metadata:
            return
        ns, task_id = place(metadata)
        call_id = kwargs.get("tool_call_id") or str(run_id)
        tool = self._tools[run_id] = _Tool(ns, task_id, metadata["langgraph_node"], call_id)
        name = str((serialized or {}).get("name") or kwargs.get("name") or "tool")
        self._emit(ToolStarted(time.time(), *tool, name, input_str if inputs is None else inputs))

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        if (tool := self._tools.pop(run_id, None)) is not None:
            self._emit(ToolFinished(time.time(), *tool, output, None))

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        if (tool := self._tools.pop(run_id, None)) is not None:
            self._emit(ToolFinished(time.time(), *tool, None, error))

    def _finish(self, call: _Call, usage: dict[str, Any] | None, error: BaseException | None) -> None:
        self._emit(CallFinished(time.time(), call.ns, call.task_id, call.node, call.call_id, usage, error))


def reported(message: Any) -> dict[str, Any] | None:
    """What the answer of a call cost: langchain's usage dict, with ``"cost"`` where the provider told one; or None."""
    usage = dict(getattr(message, "usage_metadata", None) or {})
    told = getattr(message, "response_metadata", None) or {}
    for where in (told, told.get("token_usage"), told.get("usage")):
        cost = where.get("cost") if isinstance(where, dict) else None
        if isinstance(cost, int | float):
            usage["cost"] = float(cost)
            break
    return usage or None


__all__: Sequence[str] = ["ModelListener", "place", "reported"]
