"""Agents of either package for tests with published multi-agent packages, and the model that they call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

Answer = str | list[ToolCall]
"""The text of a model's answer, or its tool calls."""


class AnsweringModel(BaseChatModel):
    """Gives its answers one after the other, word by word, and starts again after the last."""

    answers: list[Answer]
    _count: int = PrivateAttr(0)

    @property
    def _llm_type(self) -> str:
        return "answering"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        return self

    def _next_answer(self) -> AIMessage:
        answer = self.answers[self._count % len(self.answers)]
        self._count += 1
        content, calls = (answer, []) if isinstance(answer, str) else ("", answer)
        return AIMessage(content, tool_calls=calls)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next_answer())])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._next_answer()
        chunks = [AIMessageChunk(content=f"{word} ") for word in str(answer.content).split()]
        if answer.tool_calls:
            chunks = [AIMessageChunk(content="", tool_calls=answer.tool_calls)]
        for message in chunks:
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


def agent(lg: SimpleNamespace, name: str, answers: list[Answer], tools: Sequence[Any] = (), **options: Any) -> Any:
    """Return the ReAct agent of one package, given its namespace."""
    prebuilt = import_module(f"{lg.StateGraph.__module__.partition('.')[0]}.prebuilt")
    return prebuilt.create_react_agent(AnsweringModel(answers=answers), list(tools), name=name, **options)
