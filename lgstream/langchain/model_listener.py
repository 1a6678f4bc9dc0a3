"""Turns the chat models that a run calls into events (reference rules 24 to 31).

:class:`ModelListener` is a langchain callback handler. langchain asks a model to stream whenever a handler of its
streaming class is among the callbacks, so ``model.invoke`` streams while the listener is there.
"""

from __future__ import annotations

import time
from asyncio import CancelledError
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, LLMResult

from lgstream.constants import TAG_NOSTREAM
from lgstream.events import CallFinished, CallStarted, Event, Message, Namespace, Token
from lgstream.inspection.classes import derives
from lgstream.inspection.containers import as_sequence
from lgstream.inspection.fields import instance_fields
from lgstream.inspection.text import plain_text
from lgstream.langchain.node_messages import NodeMessageListener
from lgstream.langchain.private import StreamingCallbackHandler
from lgstream.langchain.running_task import is_in_langgraph_root
from lgstream.langchain.running_tool import running_tool_call
from lgstream.langchain.task_metadata import call_tags, event_tags, namespace_and_task_id
from lgstream.langchain.tracing import RunListener

TokenConsumer = Callable[[BaseMessage, dict[str, Any]], None]
"""Receives a message chunk and its metadata."""

TokenConsumerFactory = Callable[[type[Event], Namespace, Namespace], TokenConsumer | None]
"""Returns a consumer for an event class, a namespace and calling tasks; None if events are needed."""

_TOOL_PARAMETERS = ("tools", "functions")
"""Parameters of a call that are in ``CallStarted.tools``."""
_FINISH_REASONS = ("finish_reason", "stop_reason", "done_reason")
"""Names under which providers report why an answer ended."""
_MODEL_NAMES = ("model_name", "model", "model_id")
"""Names under which providers report the model that answered."""

_MAX_COST = 1e15
"""Larger costs are mistakes of a provider, and may be too large for a float."""

_new = tuple.__new__
"""Creates a named tuple at half the cost of its constructor; used where one is created for every token."""


class _ModelCall(NamedTuple):
    """A model call in progress."""

    ns: Namespace
    task_id: str
    node: str
    call_id: str
    metadata: dict[str, Any]
    has_streamed: list[bool]
    """Empty until the first token; a named tuple cannot hold a flag that changes."""
    consume_token: TokenConsumer | None
    """Receives the tokens, so that no Token events are built; None if events are needed."""


class ModelListener(NodeMessageListener, RunListener, StreamingCallbackHandler[Any]):
    """Emits events for every call of a chat model within a run, and for messages in the outputs of langgraph's nodes.

    A model call emits CallStarted, then Token events (or one Message if the model does not stream), then CallFinished;
    calls tagged ``nostream`` emit no events (reference rule 29). The listener can be used from several threads, because
    each call has its own langchain run id.

    Args:
        emit: receives the events.
        wants: the event classes to emit.
        field_consumer: returns a function that receives the tokens of a namespace without Token events, or None if
            events are needed; None if they always are.
        is_for_nested_roots: True if it also listens to graphs that a node calls with a ``thread_id`` of their own.
        run_id: the id of the run, for its events.
    """

    run_inline = True
    """Keeps tokens in order in async runs."""
    raise_error = True
    """Lets :meth:`stop` end a model's stream; otherwise langchain would log the error and continue."""
    ignore_llm = False
    """A plain attribute, like the others: langchain asks for it at every token, and its own is a property."""
    ignore_agent = True
    ignore_retriever = True
    ignore_retry = True
    ignore_custom_event = True

    def __init__(
        self,
        emit: Callable[[Event], None],
        wants: frozenset[type],
        field_consumer: TokenConsumerFactory | None = None,
        is_for_nested_roots: bool = True,
        run_id: str = "",
    ) -> None:
        super().__init__()
        self.is_for_nested_roots = is_for_nested_roots
        self.run_id = run_id
        self._emit = emit
        self._field_consumer = field_consumer
        self._latest_consumer: tuple[Namespace | None, TokenConsumer | None] = (None, None)
        self._model_calls: dict[int, _ModelCall] = {}  # by `run_id.int`: hashing a UUID takes longer
        self._emits_starts, self._emits_tokens = CallStarted in wants, Token in wants
        self._emits_messages, self._emits_ends = Message in wants, CallFinished in wants
        self._is_stopped = False

    def stop(self) -> None:
        """End model streams at their next token, because a stream in a thread cannot be stopped in another way."""
        self._is_stopped = True

    def tap_output_aiter(self, run_id: UUID, output: Any) -> Any:
        """Return the output unchanged: the listener does not observe the chunks of runs."""
        return output

    def tap_output_iter(self, run_id: UUID, output: Any) -> Any:
        """Return the output unchanged: the listener does not observe the chunks of runs."""
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
        """Emit CallStarted."""
        if not metadata or "langgraph_checkpoint_ns" not in metadata or (tags and TAG_NOSTREAM in tags):
            return
        visible_tags = call_tags(tags)
        if visible_tags:
            metadata = {**metadata, "tags": list(visible_tags)}
        if not self.is_for_nested_roots and is_in_langgraph_root():
            return
        ns, task_id = namespace_and_task_id(metadata)
        call = _ModelCall(ns, task_id, metadata["langgraph_node"], str(run_id), metadata, [], self._token_consumer(ns))
        self._model_calls[run_id.int] = call
        if self._emits_starts:
            self._emit_started(call, event_tags(visible_tags), messages[0] if messages else (), kwargs)

    def _token_consumer(self, ns: Namespace) -> TokenConsumer | None:
        """Return what receives the tokens of a namespace; None if events are needed."""
        if self._field_consumer is None:
            return None
        latest_ns, consume = self._latest_consumer  # most calls are in the namespace of the call before
        if latest_ns != ns:
            consume = self._field_consumer(Token, ns, ())
            self._latest_consumer = ns, consume
        return consume

    def _emit_started(
        self, call: _ModelCall, tags: tuple[str, ...], messages: Sequence[BaseMessage], reported: dict[str, Any]
    ) -> None:
        """Emit CallStarted.

        Args:
            call: the call.
            tags: the tags of the call.
            messages: the messages that are sent.
            reported: the keyword arguments with which langchain reports the call.
        """
        metadata, parameters = call.metadata, _as_dict(reported.get("invocation_params"))
        tools = next((tools for name in _TOOL_PARAMETERS if (tools := parameters.get(name)) is not None), ())
        self._emit(
            CallStarted(
                time.time(),
                call.ns,
                call.task_id,
                call.node,
                call.call_id,
                model=_first_text(metadata, ("ls_model_name",)) or _first_text(reported, ("name",)) or "model",
                tags=tags,
                messages=messages,
                provider=_first_text(metadata, ("ls_provider",)),
                parameters={name: value for name, value in parameters.items() if name not in _TOOL_PARAMETERS} or None,
                tools=as_sequence(tools),
                tool_call_id=running_tool_call(self.run_id),
                run_id=self.run_id,
            )
        )

    def on_llm_new_token(
        self, token: Any, *, chunk: Any = None, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """Emit a Token, or pass the chunk to the token consumer of its namespace."""
        call = self._model_calls.get(run_id.int)
        if call is None or not isinstance(chunk, ChatGenerationChunk):
            return
        if self._is_stopped:
            raise CancelledError("The run was stopped.")
        ns, task_id, node, call_id, metadata, has_streamed, consume_token = call
        if not has_streamed:
            has_streamed.append(True)
        message = chunk.message
        if message.id is None:
            message.id = f"lc_run--{call_id}"
        if consume_token is not None:
            consume_token(message, metadata)
        elif self._emits_tokens:
            self._emit(_new(Token, (time.time(), ns, task_id, node, call_id, message, metadata, self.run_id)))

    def on_llm_end(
        self, response: LLMResult, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """Emit CallFinished, and before it a Message if the model did not stream."""
        call = self._model_calls.pop(run_id.int, None)
        if call is None:
            return
        message = getattr(response.generations[0][0], "message", None) if response.generations else None
        if self._emits_messages and not call.has_streamed and derives(type(message), BaseMessage):
            self._emit(
                Message(
                    time.time(), call.ns, call.task_id, call.node, call.call_id, message, call.metadata, self.run_id
                )
            )
        if self._emits_ends:
            info = getattr(response.generations[0][0], "generation_info", None) if response.generations else None
            self._emit_finished(call, message, {**_as_dict(response.llm_output), **_as_dict(info)})

    def on_llm_error(
        self, error: BaseException, *, run_id: UUID, parent_run_id: UUID | None = None, **kwargs: Any
    ) -> None:
        """Emit CallFinished with the error."""
        call = self._model_calls.pop(run_id.int, None)
        if call is not None and self._emits_ends:
            place = call.ns, call.task_id, call.node, call.call_id
            self._emit(CallFinished(time.time(), *place, None, error, run_id=self.run_id))

    def _emit_finished(self, call: _ModelCall, message: Any, reported: dict[str, Any]) -> None:
        """Emit CallFinished.

        Args:
            call: the call.
            message: the message that the model returned, or None.
            reported: what langchain reports about the answer besides the message's own metadata.
        """
        reported = {**reported, **_as_dict(instance_fields(message).get("response_metadata"))}
        self._emit(
            CallFinished(
                time.time(),
                call.ns,
                call.task_id,
                call.node,
                call.call_id,
                usage=usage_with_cost(message),
                error=None,
                finish_reason=_first_text(reported, _FINISH_REASONS),
                model=_first_text(reported, _MODEL_NAMES),
                run_id=self.run_id,
            )
        )


def _first_text(data: dict[str, Any], keys: Sequence[str]) -> str:
    """Return the first of these keys of ``data`` that is a text; ``""`` if none is."""
    return next((text for key in keys if (text := plain_text(data.get(key)))), "")


def _as_dict(value: Any) -> dict[str, Any]:
    """Return a dict that a provider or a model reports; an empty one for anything else."""
    return value if type(value) is dict else {}


def usage_with_cost(message: Any) -> dict[str, Any] | None:
    """Return the usage of a model call, or None if there is none.

    Args:
        message: the message that the model returned, or None.

    Returns:
        langchain's ``usage_metadata`` (counts of tokens), with ``"cost"`` if the provider reports it.
    """
    fields = instance_fields(message)
    usage = dict(_as_dict(fields.get("usage_metadata")))
    metadata = _as_dict(fields.get("response_metadata"))
    for source in (metadata, metadata.get("token_usage"), metadata.get("usage")):
        cost: Any = _as_dict(source).get("cost")
        if (type(cost) is int or type(cost) is float) and abs(cost) < _MAX_COST:
            usage["cost"] = float(cost)
            break
    return usage or None
