"""Graphs in nodes of graphs: where they run, and with which config."""

from __future__ import annotations

import gc
import operator
import threading
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.config import get_config
from lgstream.effects.thread_pool import Workers
from lgstream.engine.run_loop import Run
from lgstream.events import Update
from lgstream.func import task
from lgstream.graph import START, StateGraph
from lgstream.sinks import Collect
from lgstream.types import CachePolicy, Command, interrupt


class State(TypedDict, total=False):
    n: int


def add_one(state: State) -> State:
    return {"n": state["n"] + 1}


def around(*nodes: Any) -> Any:
    """A graph of these nodes, one after the other."""
    named = [(f"node{number}", node) for number, node in enumerate(nodes)]
    return StateGraph(State).add_sequence(named).add_edge(START, "node0").compile()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One item for every job that was given to a thread."""
    given: list[str] = []
    submit = Workers.submit

    def noted(self: Workers, job: Any) -> None:
        given.append(threading.current_thread().name)
        submit(self, job)

    monkeypatch.setattr(Workers, "submit", noted)
    return given


def test_a_graph_that_only_computes_needs_no_thread(threads: list[str]) -> None:
    chunks = list(around(around(add_one, add_one)).stream({"n": 0}, subgraphs=True))
    assert [list(chunk) for _, chunk in chunks] == [["node0"], ["node1"], ["node0"]]
    assert threads == []


def test_one_that_may_wait_somewhere_inside_has_a_thread(threads: list[str]) -> None:
    def wait(state: State) -> State:
        threading.Event().wait(0)
        return {"n": state["n"] + 1}

    list(around(around(around(wait))).stream({"n": 0}, subgraphs=True))
    assert len(threads) == 1


@pytest.mark.parametrize("call", ["the node", "a function", "a function with the node's config"])
def test_a_nested_graph_has_the_config_of_its_node(call: str) -> None:
    seen: list[RunnableConfig] = []

    def look(state: State) -> None:
        seen.append(get_config())

    inner = around(add_one, look)

    def function(state: State, config: RunnableConfig) -> Any:
        return inner.invoke(state, config) if "config" in call else inner.invoke(state)

    given: RunnableConfig = {"tags": ["mine"], "metadata": {"user": "ada"}, "configurable": {"thread_id": "7"}}
    around(inner if call == "the node" else function).invoke({"n": 0}, given)
    (config,) = seen
    names = [part.partition(":")[0] for part in config["metadata"]["langgraph_checkpoint_ns"].split("|")]
    assert names == ["node0", "node1"]
    assert (config["tags"], config["metadata"]["user"], config["configurable"]["thread_id"]) == (["mine"], "ada", "7")


def test_a_nested_graph_may_take_as_many_supersteps_as_the_outer_one() -> None:
    with pytest.raises(RecursionError, match="limit of 2 "):
        around(around(add_one, add_one, add_one, add_one)).invoke({"n": 0}, {"recursion_limit": 2})


def test_a_graph_that_only_computes_and_fails_does_so_once() -> None:
    seen: list[Any] = []

    def fail(state: State) -> State:
        return {"n": state["n"] // 0}

    graph = around(around(add_one, fail))
    with pytest.raises(ZeroDivisionError) as raised:
        for chunk in graph.stream({"n": 0}, subgraphs=True):
            seen.append(chunk[1])
    assert seen == [{"node0": {"n": 1}}]
    assert [note.partition(" and")[0] for note in raised.value.__notes__] == [
        "During task with name 'node1'",
        "During task with name 'node0'",
    ]


@pytest.mark.parametrize("whose", ["outer", "inner"])
def test_a_node_of_a_nested_graph_is_cached_in_either_cache(whose: str) -> None:
    cache: InMemoryCache[object] = InMemoryCache()
    caches: dict[str, Any] = {"outer": None, "inner": None, whose: cache}
    inner = StateGraph(State).add_node("one", add_one, cache_policy=CachePolicy()).add_edge(START, "one")
    outer = StateGraph(State).add_node("inner", inner.compile(cache=caches["inner"])).add_edge(START, "inner")
    graph = outer.compile(cache=caches["outer"])
    ran, remembered = (
        [chunk["one"] | chunk.get("__metadata__", {}) for ns, chunk in graph.stream({"n": 0}, subgraphs=True) if ns]
        for _ in range(2)
    )
    assert ran == [{"n": 1}]
    assert remembered == [{"n": 1, "cached": True}]


def runs() -> list[Run]:
    """The runs that there are."""
    return [each for each in gc.get_objects() if type(each) is Run]


@pytest.mark.parametrize("nodes", [(add_one,), (around(add_one),), (lambda state: add_one(state),)])
def test_a_run_that_has_ended_is_gone_before_the_collector_comes(nodes: Any) -> None:
    graph = around(*nodes)
    graph.invoke({"n": 0})
    gc.collect()
    before = runs()
    gc.disable()
    try:
        graph.invoke({"n": 0})
        list(graph.stream({"n": 0}, subgraphs=True))
        assert [run for run in runs() if run not in before] == []
    finally:
        gc.enable()


def test_what_a_nested_graph_raises_tells_of_both_nodes() -> None:
    def fail(state: State) -> State:
        return {"n": state["n"] // 0}

    with pytest.raises(ZeroDivisionError) as raised:
        around(around(fail)).invoke({"n": 0})
    assert [note.partition(" and ")[0] for note in raised.value.__notes__] == ["During task with name 'node0'"] * 2


def test_a_sink_hears_what_a_stream_without_subgraphs_leaves_out() -> None:
    collect = Collect()
    chunks = list(around(around(add_one)).stream({"n": 0}, sinks=[collect]))
    assert chunks == [{"node0": {"n": 1}}]
    assert [len(event.ns) for event in collect.events if isinstance(event, Update)] == [1, 0]


def test_a_stream_in_a_node_shows_its_own_graph_where_the_outer_one_shows_no_subgraphs() -> None:
    inner = around(around(add_one))
    heard: list[Any] = []

    def call(state: State) -> State:
        heard.extend(inner.stream(state, subgraphs=True))
        return state

    assert list(around(call).stream({"n": 0})) == [{"node0": {"n": 0}}]
    assert [chunk for _, chunk in heard] == [{"node0": {"n": 1}}] * 2


def test_a_runnable_that_a_nested_node_returns_may_call_tasks() -> None:
    @task
    def add(n: int) -> int:
        return n + 1

    later = RunnableLambda(lambda state: {"n": add(state["n"]).result()})
    assert around(around(lambda state: later)).invoke({"n": 0}) == {"n": 1}


def test_an_error_handlers_writes_come_in_the_order_of_their_text() -> None:
    class Said(TypedDict):
        said: Annotated[list[str], operator.add]

    def fail(state: Said) -> Said:
        raise ValueError

    builder = StateGraph(Said)
    builder.add_node("plan", fail, error_handler=lambda state: {"said": ["handled"]})
    builder.add_node("plan 2", lambda state: {"said": ["plan 2"]})
    builder.add_edge(START, "plan").add_edge(START, "plan 2")
    assert builder.compile().invoke({"said": []}) == {"said": ["plan 2", "handled"]}


@pytest.mark.parametrize("own", [{"tags": ["t"]}, {"metadata": {"k": "v"}}, {"configurable": {"k": "v"}}])
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_nested_graph_with_a_config_of_its_own_asks_for_its_parent(own: Any, is_async: bool) -> None:
    def ask(state: State) -> State:
        return {"n": interrupt("how many?")}

    inner = around(add_one, ask).with_config(own)
    outer = StateGraph(State).add_node("inner", inner).add_edge(START, "inner").compile(checkpointer=InMemorySaver())
    thread: RunnableConfig = {"configurable": {"thread_id": "1"}}
    if is_async:
        asked = await outer.ainvoke({"n": 0}, thread)
        answered = await outer.ainvoke(Command(resume=5), thread)
    else:
        asked, answered = outer.invoke({"n": 0}, thread), outer.invoke(Command(resume=5), thread)
    assert [each.value for each in asked["__interrupt__"]] == ["how many?"]
    assert answered == {"n": 5}
