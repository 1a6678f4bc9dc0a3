"""The models of the programs: two langchain chat models and an OpenAI server, which answer by fixed rules."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from functools import cache
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolCallChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from tests.support.openai_server import OpenAIServer, Request, ToolCall, words


class WordModel(BaseChatModel):
    """Answers ``Re: <last message>`` word by word, or a user message with a call of the first tool bound."""

    tool_arg: dict[str, str] = {"place": "office"}  # noqa: RUF012  pydantic copies it
    reply: str | None = None  # the answer, if not the usual one
    fixed_id: str | None = None  # the id of its messages
    model_name: str = "word-1"

    @property
    def _llm_type(self) -> str:
        return "word-model"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        names = [
            getattr(tool, "name", None) or getattr(tool, "__name__", None) or tool["function"]["name"] for tool in tools
        ]
        return self.bind(tools=names, **kwargs)

    def _generate(self, messages: list[BaseMessage], *args: Any, tools: Any = None, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages, tools))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in self._chunks(messages, kwargs.get("tools")):
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: Any = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._chunks(messages, kwargs.get("tools")):
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _answer(self, messages: list[BaseMessage], tools: Any) -> AIMessage:
        last = messages[-1]
        if tools and isinstance(last, HumanMessage):
            call = {"name": tools[0], "args": dict(self.tool_arg), "id": "call_1", "type": "tool_call"}
            return AIMessage(content="", id=self.fixed_id, tool_calls=[call])
        return AIMessage(content=f"Re: {last.content}" if self.reply is None else self.reply, id=self.fixed_id)

    def _chunks(self, messages: list[BaseMessage], tools: Any) -> Iterator[ChatGenerationChunk]:
        answer = self._answer(messages, tools)
        for call in answer.tool_calls:
            head = ToolCallChunk(name=call["name"], args="", id=call["id"], index=0)
            body = ToolCallChunk(name=None, args=json.dumps(call["args"]), id=None, index=0)
            for part in (head, body):
                yield ChatGenerationChunk(message=AIMessageChunk(content="", id=self.fixed_id, tool_call_chunks=[part]))
        for word in words(str(answer.content)):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word, id=self.fixed_id))


class PlainModel(BaseChatModel):
    """Answers ``Plain: <last message>`` in one piece, without streaming."""

    fixed_id: str | None = None

    @property
    def _llm_type(self) -> str:
        return "plain-model"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        message = AIMessage(content=f"Plain: {messages[-1].content}", id=self.fixed_id)
        return ChatResult(generations=[ChatGeneration(message=message)])


def answer(request: Request) -> str | ToolCall:
    """Return a call of the first tool for a user message with tools; otherwise an answer that repeats the message."""
    last = request["messages"][-1]
    if last["role"] == "user" and request.get("tools"):
        match = re.search(r"in the (\w+)", last["content"])
        return ToolCall(request["tools"][0]["function"]["name"], {"place": match[1] if match else "room"})
    return f"{'There are' if last['role'] == 'tool' else 'Answer to'} {last['content']}"


class RecordingServer(OpenAIServer):
    """An OpenAI server that answers with :func:`answer` and records the requests."""

    def take_requests(self) -> list[dict[str, Any]]:
        """Return a summary of the requests since the last call."""
        requests, self.requests[:] = list(self.requests), []
        return [
            {
                "stream": request.get("stream", False),
                "model": request["model"],
                "last_role": request["messages"][-1]["role"],
                "last_content": request["messages"][-1].get("content"),
                "tools": [tool["function"]["name"] for tool in request.get("tools", [])],
            }
            for request in requests
        ]


@cache
def server() -> RecordingServer:
    """Return the server of this process, which the first call starts; ``conftest.py`` makes the clients use it."""
    return RecordingServer(answer)
