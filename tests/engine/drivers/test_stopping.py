"""What happens to nodes and models that still run in threads when an async run is stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.types import StreamWriter


class EndlessModel(GenericFakeChatModel):
    """A model that streams until it is stopped, and reports to ``log``."""

    log: dict[str, Any]

    def _stream(self, *args: Any, **kwargs: Any) -> Any:
        chunks = list(super()._stream(*args, **kwargs))
        try:
            for _ in range(2000):
                self.log["tokens"] += 1
                run_manager = kwargs.get("run_manager")
                if run_manager:
                    run_manager.on_llm_new_token(chunks[0].message.content, chunk=chunks[0])
                yield chunks[0]
                time.sleep(0.005)
        finally:
            self.log["ended"].set()


async def test_closing_an_async_stream_stops_a_model_that_streams_in_a_sync_node() -> None:
    log: dict[str, Any] = {"tokens": 0, "ended": threading.Event()}
    model = EndlessModel(messages=iter([AIMessage("word")]), log=log)
    graph = (
        StateGraph(MessagesState)
        .add_node("talk", lambda state: {"messages": [model.invoke("hi")]})
        .add_edge(START, "talk")
        .compile()
    )
    stream = graph.astream({"messages": ["hi"]}, stream_mode="messages")
    async for _ in stream:
        break
    await stream.aclose()  # type: ignore[attr-defined]
    assert log["ended"].wait(5)
    assert log["tokens"] < 2000


def test_a_model_streams_to_its_end_if_the_run_is_not_stopped() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("one two")]))
    graph = (
        StateGraph(MessagesState)
        .add_node("talk", lambda state: {"messages": [model.invoke("hi")]})
        .add_edge(START, "talk")
        .compile()
    )
    tokens = [chunk.content for chunk, _ in graph.stream({"messages": ["hi"]}, stream_mode="messages")]
    assert "".join(tokens) == "one two"


def test_a_node_in_a_thread_may_write_after_the_event_loop_has_ended() -> None:
    resume, ended = threading.Event(), threading.Event()
    raised: list[Exception] = []

    def write(state: MessagesState, writer: StreamWriter) -> None:
        try:
            writer("before")
            resume.wait(5)
            writer("after")
        except Exception as error:  # noqa: BLE001 - the test asserts that there is none
            raised.append(error)
        finally:
            ended.set()

    graph = StateGraph(MessagesState).add_node("write", write).add_edge(START, "write").compile()

    async def stop_early() -> None:
        stream = graph.astream({"messages": ["hi"]}, stream_mode="custom")
        assert await anext(stream) == "before"
        next_chunk = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        next_chunk.cancel()

    asyncio.run(stop_early())
    resume.set()
    assert ended.wait(5)
    assert raised == []
