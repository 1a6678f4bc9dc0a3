"""Chat models that cost almost nothing, so that the code around them is measured."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall, ToolMessage
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tracers._streaming import _StreamingCallbackHandler


class WordModel(BaseChatModel):
    """Answers with this many tokens, each ``word ``, after ``pause`` seconds each."""

    tokens: int
    pause: float = 0.0

    @property
    def _llm_type(self) -> str:
        return "word_model"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content="word " * self.tokens))])

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for _ in range(self.tokens):
            if self.pause:
                time.sleep(self.pause)
            yield ChatGenerationChunk(message=AIMessageChunk(content="word "))

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for _ in range(self.tokens):
            await asyncio.sleep(0)  # as a socket does, from which each token is read
            yield ChatGenerationChunk(message=AIMessageChunk(content="word "))


class QuietHandler(BaseCallbackHandler):
    """A callback handler that does nothing and does not make models stream: the smallest cost of any handler."""

    run_inline = True

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None: ...


class IdleHandler(QuietHandler, _StreamingCallbackHandler[Any]):
    """A callback handler that gets every token and does nothing."""

    def on_llm_new_token(self, *args: Any, **kwargs: Any) -> None: ...

    def tap_output_aiter(self, run_id: UUID, output: Any) -> Any:
        return output

    def tap_output_iter(self, run_id: UUID, output: Any) -> Any:
        return output


class ToolCaller(BaseChatModel):
    """Calls the tools ``tool0`` to ``tool{count - 1}``, one in each turn, and then answers."""

    count: int

    @property
    def _llm_type(self) -> str:
        return "tool-caller"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        turn = sum(isinstance(message, ToolMessage) for message in messages)
        call = {"name": f"tool{turn}", "args": {"city": "Delft"}, "id": f"call{turn}", "type": "tool_call"}
        message = (
            AIMessage(content="", tool_calls=[call], id=f"turn{turn}")
            if turn < self.count
            else AIMessage(content="done", id="done")
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


class TalkingToolCaller(WordModel):
    """Answers with words; in the first ``count`` turns it also calls the tool ``look_up``.

    The number of tool messages tells which turn it is; ``earlier`` of them are older than the first turn.
    """

    count: int = 0
    earlier: int = 0

    @property
    def _llm_type(self) -> str:
        return "talking-tool-caller"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        (result,) = super()._generate(messages).generations
        result.message = AIMessage(content=result.message.content, tool_calls=self._calls(messages))
        return ChatResult(generations=[result])

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        yield from super()._stream(messages)
        yield from self._call_chunks(messages)

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for chunk in super()._astream(messages):
            yield chunk
        for chunk in self._call_chunks(messages):
            yield chunk

    def _call_chunks(self, messages: list[BaseMessage]) -> Iterator[ChatGenerationChunk]:
        for call in self._calls(messages):
            chunk = tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=0)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[chunk]))

    def _calls(self, messages: list[BaseMessage]) -> list[ToolCall]:
        turn = sum(isinstance(message, ToolMessage) for message in messages) - self.earlier
        return [tool_call(name="look_up", args={"city": "Delft"}, id=f"call{turn}")] if turn < self.count else []
