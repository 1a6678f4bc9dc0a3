"""Threads and stores in PostgreSQL, and threads resumed by the other package."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.store.base import BaseStore
from langgraph.store.postgres import PostgresStore

from lgstream.graph import START, StateGraph
from lgstream.types import Command, Send, interrupt
from tests.differential.packages import PackageName, package
from tests.differential.thread_transfer import THREADS, begin, resume

pytestmark = pytest.mark.postgres


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


def builder() -> Any:
    def ask(state: State) -> State:
        return {"log": [interrupt("go on?")]}

    def work(state: State) -> State:
        return {"log": [f"work {state['log'][-1]}"]}

    g = StateGraph(State).add_node("ask", ask).add_node("work", work).add_edge(START, "ask")
    return g.add_conditional_edges("ask", lambda state: [Send("work", {"log": [word]}) for word in ("a", "b")])


def config(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def steps(history: Any) -> list[Any]:
    return [(snapshot.values, snapshot.next, snapshot.metadata["step"]) for snapshot in history]


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
def test_a_thread_is_saved_and_resumed(server: str, durability: str) -> None:
    def run(saver: Any) -> Any:
        graph, thread = builder().compile(checkpointer=saver), config(f"sync {durability}")
        first = graph.invoke({"log": ["in"]}, thread, durability=durability)["__interrupt__"][0].value
        second = graph.invoke(Command(resume="yes"), thread, durability=durability)
        graph.update_state(thread, {"log": ["put"]}, as_node="work")
        return first, second, steps(graph.get_state_history(thread))

    with PostgresSaver.from_conn_string(server) as saver:
        saver.setup()
        assert run(saver) == run(InMemorySaver())


async def test_a_thread_is_saved_and_resumed_in_async_code(server: str) -> None:
    async def run(saver: Any) -> Any:
        graph, thread = builder().compile(checkpointer=saver), config("async")
        await graph.ainvoke({"log": ["in"]}, thread)
        result = await graph.ainvoke(Command(resume="yes"), thread)
        return result, steps([snapshot async for snapshot in graph.aget_state_history(thread)])

    async with AsyncPostgresSaver.from_conn_string(server) as saver:
        await saver.setup()
        assert await run(saver) == await run(InMemorySaver())


@pytest.mark.parametrize(("first", "second"), [("langgraph", "lgstream"), ("lgstream", "langgraph")])
@pytest.mark.parametrize("name", THREADS)
def test_a_thread_is_resumed_by_the_other_package(
    server: str, name: str, first: PackageName, second: PackageName
) -> None:
    with PostgresSaver.from_conn_string(server) as saver:
        saver.setup()
        saver.delete_thread(name)
        begin(package(first), saver, name)
        _, result = resume(package(second), saver, name)
    local = InMemorySaver()
    begin(package("langgraph"), local, name)
    assert result == resume(package("langgraph"), local, name)[1]


def test_nodes_use_a_store(server: str) -> None:
    def remember(state: State, *, store: BaseStore) -> State:
        store.put(("seen",), "last", {"log": state["log"]})
        item = store.get(("seen",), "last")
        return {"log": [] if item is None else item.value["log"]}

    with PostgresStore.from_conn_string(server) as store:
        store.setup()
        graph = StateGraph(State).add_node("remember", remember).add_edge(START, "remember").compile(store=store)
        assert graph.invoke({"log": ["in"]}) == {"log": ["in", "in"]}
