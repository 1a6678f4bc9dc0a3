"""A chat model with scripted tool calls that records its inputs."""

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


def message_with_calls(*calls: ToolCall) -> AIMessage:
    """Return a message of a model with these tool calls."""
    return AIMessage("", id="asking", tool_calls=list(calls))


class ScriptedModel(BaseChatModel):
    """Answers with the calls of the next turn; the text of each answer is that of its input messages.

    Attributes:
        turns: the tool calls of each answer; later answers have none.
        inputs: the messages of each call so far.
        options: the keyword arguments of each call so far.
        bound_tools: the arguments of each ``bind_tools`` so far.
        tool_format: the format of bound tools: ``"openai"``, ``"anthropic"`` or ``"bedrock"``.
    """

    turns: list[list[ToolCall]] = Field(default_factory=list)
    inputs: list[list[BaseMessage]] = Field(default_factory=list)
    options: list[dict[str, Any]] = Field(default_factory=list)
    bound_tools: list[list[Any]] = Field(default_factory=list)
    tool_format: str = "openai"

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        turn = len(self.inputs)
        self.inputs.append(list(messages))
        self.options.append({**kwargs, "stop": stop})
        calls = self.turns[turn] if turn < len(self.turns) else []
        text = "|".join(str(message.content) for message in messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text, tool_calls=calls))])

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, Any]:
        self.bound_tools.append(list(tools))
        return self.bind(tools=[self._formatted(tool) for tool in tools], **kwargs)

    def _formatted(self, tool: Any) -> dict[str, Any]:
        if isinstance(tool, dict):
            return tool
        definition = {"name": getattr(tool, "name", None) or tool.__name__}
        return {"openai": {"type": "function", "function": definition}, "anthropic": definition}.get(
            self.tool_format, {"toolSpec": definition}
        )

    def with_structured_output(self, schema: Any, **kwargs: Any) -> Runnable[Any, Any]:
        def answer(messages: list[BaseMessage]) -> Any:
            self.inputs.append(list(messages))
            return {"answer": 42} if isinstance(schema, dict) else schema(answer=42)

        return RunnableLambda(answer)
