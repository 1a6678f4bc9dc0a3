"""A chat model that calls the tools it is told to, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import Field


def call(name: str, id: str = "c1", /, **args: Any) -> ToolCall:
    return ToolCall(name=name, args=args, id=id, type="tool_call")


def asking(*calls: ToolCall) -> AIMessage:
    """A message of a model that calls tools."""
    return AIMessage("", id="asking", tool_calls=list(calls))


class ScriptedModel(BaseChatModel):
    """Each answer makes the calls of the next turn in ``turns``, none when they are used up; its text is what it read.

    ``form`` is the form that bound tools take: OpenAI's, Anthropic's or Bedrock's.
    """

    turns: list[list[ToolCall]] = Field(default_factory=list)
    asked: list[list[BaseMessage]] = Field(default_factory=list)
    options: list[dict[str, Any]] = Field(default_factory=list)
    bound: list[list[Any]] = Field(default_factory=list)
    form: str = "openai"

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        turn = len(self.asked)
        self.asked.append(list(messages))
        self.options.append({**kwargs, "stop": stop})
        calls = self.turns[turn] if turn < len(self.turns) else []
        text = "|".join(str(message.content) for message in messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text, tool_calls=calls))])

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, Any]:  # type: ignore[override]
        self.bound.append(list(tools))
        return self.bind(tools=[self._formed(tool) for tool in tools], **kwargs)

    def _formed(self, tool: Any) -> dict[str, Any]:
        if isinstance(tool, dict):
            return tool
        named = {"name": getattr(tool, "name", None) or tool.__name__}
        return {"openai": {"type": "function", "function": named}, "anthropic": named}.get(
            self.form, {"toolSpec": named}
        )

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[Any, Any]:
        def answer(messages: list[BaseMessage]) -> Any:
            self.asked.append(list(messages))
            return {"answer": 42} if isinstance(schema, dict) else schema(answer=42)

        return RunnableLambda(answer)
