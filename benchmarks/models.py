"""Chat models that cost almost nothing, so that the code around them is measured."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolMessage
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
            yield ChatGenerationChunk(message=AIMessageChunk(content="word "))


class IdleHandler(BaseCallbackHandler, _StreamingCallbackHandler[Any]):
    """A callback handler that gets every token and does nothing: the smallest cost of any handler."""

    run_inline = True

    def on_chat_model_start(self, *args: Any, **kwargs: Any) -> None: ...

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
