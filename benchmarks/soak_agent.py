"""An agent that talks a lot: tokens, tools with progress, a nested graph in a tool, a question, checkpoints."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCallChunk, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.config import get_stream_writer
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.prebuilt import create_react_agent
from lgstream.types import interrupt

PLAN_TOKENS, ANSWER_TOKENS, EXPERT_TOKENS = 60, 200, 40
TOKENS_PER_RUN = PLAN_TOKENS + ANSWER_TOKENS + EXPERT_TOKENS


class ChattyModel(BaseChatModel):
    """Streams a plan with the calls of two tools, then an answer; without tools, an answer only."""

    answer_tokens: int
    has_tools: bool = False

    @property
    def _llm_type(self) -> str:
        return "chatty"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content="word " * self.answer_tokens))])

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        plans = self.has_tools and not isinstance(messages[-1], ToolMessage)
        for number in range(PLAN_TOKENS if plans else self.answer_tokens):
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"word{number} "))
        for index, name in enumerate(("look_up", "ask_expert") if plans else ()):
            call = {"name": name, "args": '{"topic": "owls"}', "id": f"call {name}", "index": index}
            chunk = ToolCallChunk(**call, type="tool_call_chunk")  # type: ignore[typeddict-item]
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[chunk]))

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._stream(messages):
            yield chunk


@tool
def look_up(topic: str) -> str:
    """Look up a topic."""
    write = get_stream_writer()
    for number in range(20):
        write({"progress": number})
    return f"{topic} " * 200


def _expert() -> Any:
    model = ChattyModel(answer_tokens=EXPERT_TOKENS)

    def answer(state: MessagesState) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    return StateGraph(MessagesState).add_node("answer", answer).add_edge(START, "answer").compile(name="expert")


def chatty_agent(saver: InMemorySaver) -> Any:
    """Return a graph with an agent, and a node that asks whether its answer is good."""
    expert = _expert()

    @tool
    def ask_expert(topic: str) -> str:
        """Ask an expert."""
        return str(expert.invoke({"messages": [("user", topic)]})["messages"][-1].text)

    def review(state: MessagesState) -> Any:
        return {"messages": [("user", str(interrupt("Is this good?")))]}

    agent = create_react_agent(ChattyModel(answer_tokens=ANSWER_TOKENS, has_tools=True), [look_up, ask_expert])
    builder = StateGraph(MessagesState).add_node("agent", agent).add_node("review", review)
    builder.add_edge(START, "agent").add_edge("agent", "review")
    return builder.compile(saver, name="chatty")
