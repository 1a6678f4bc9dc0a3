"""What functions of either package do in the nodes and entrypoints of langgraph."""

from importlib import import_module
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

from tests.differential.inner_graphs import MODES, THREAD, State, Talk, chain, langgraph


@pytest.mark.parametrize("name", [None, "renamed"])
def test_a_task_function(same: Any, name: str | None) -> None:
    def program(c: Any, lg: Any) -> None:
        attempts: list = []

        def square(number: int) -> int:
            attempts.append(number)
            if len(attempts) == 1:
                raise ConnectionError
            lg.get_stream_writer()(number)
            return number * number

        policy = lg.RetryPolicy(initial_interval=0.001, jitter=False)
        task = lg.task(name=name, retry_policy=policy)(square)

        def sync_main(state: Any) -> dict:
            return {"log": [task(3).result(), langgraph.interrupt("?")]}

        async def async_main(state: Any) -> dict:
            return {"log": [await task(3), langgraph.interrupt("?")]}

        main = async_main if c.is_async else sync_main
        saver = InMemorySaver()
        for graph in (
            chain(langgraph, State, main=main, options={"checkpointer": saver}),
            langgraph.entrypoint(checkpointer=InMemorySaver())(main),
        ):
            attempts.clear()
            c.stream(graph, {"log": []}, THREAD, stream_mode=MODES, subgraphs=True)
            c.stream(graph, langgraph.Command(resume="yes"), THREAD, stream_mode=MODES, subgraphs=True)

    same(program)


@pytest.mark.parametrize("key", ["messages", None])
def test_a_pushed_message(same: Any, key: str | None) -> None:
    def program(c: Any, lg: Any) -> None:
        push_message = import_module(f"{lg.StateGraph.__module__.partition('.')[0]}.graph.message").push_message

        def push(state: Any) -> dict:
            push_message(AIMessage("pushed", id="1"), state_key=key)
            return {"log": ["pushed"]}

        c.stream(chain(langgraph, Talk, push=push), {"log": []}, stream_mode=MODES)

    same(program)
