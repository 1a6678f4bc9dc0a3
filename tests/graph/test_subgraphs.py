"""Graphs in nodes of graphs: the threads they run in, their config, their events and their errors."""

from __future__ import annotations

import gc
import operator
import threading
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.config import get_config
from lgstream.effects.thread_pool import ThreadPool
from lgstream.engine.run_loop import RunLoop
from lgstream.engine.run_state import RunState
from lgstream.events import Update
from lgstream.func import task
from lgstream.graph import START, StateGraph
from lgstream.sinks import Collect
from lgstream.types import Command, interrupt


class State(TypedDict, total=False):
    n: int


def add_one(state: State) -> State:
    return {"n": state["n"] + 1}


def sequence(*nodes: Any) -> Any:
    """Return a compiled graph that runs these nodes one after the other."""
    named_nodes = [(f"node{number}", node) for number, node in enumerate(nodes)]
    return StateGraph(State).add_sequence(named_nodes).add_edge(START, "node0").compile()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list with one item for every job submitted to a thread, without the jobs that are the threads of a pool."""
    submissions: list[str] = []
    submit, run_jobs = ThreadPool.submit, ThreadPool._run_jobs

    def recording_submit(self: ThreadPool, job: Any) -> None:
        if getattr(job, "__func__", None) is not run_jobs:
            submissions.append(threading.current_thread().name)
        submit(self, job)

    monkeypatch.setattr(ThreadPool, "submit", recording_submit)
    return submissions


def test_a_pure_subgraph_uses_no_thread(threads: list[str]) -> None:
    chunks = list(sequence(sequence(add_one, add_one)).stream({"n": 0}, subgraphs=True))
    assert [list(chunk) for _, chunk in chunks] == [["node0"], ["node1"], ["node0"]]
    assert threads == []


def test_a_subgraph_with_a_node_that_may_block_uses_one_thread(threads: list[str]) -> None:
    def wait(state: State) -> State:
        threading.Event().wait(0)
        return {"n": state["n"] + 1}

    list(sequence(sequence(sequence(wait))).stream({"n": 0}, subgraphs=True))
    assert len(threads) == 1


@pytest.mark.parametrize("call", ["the node", "a function", "a function with the node's config"])
def test_a_subgraph_inherits_the_config_of_its_node(call: str) -> None:
    configs: list[RunnableConfig] = []

    def look(state: State) -> None:
        configs.append(get_config())

    inner = sequence(add_one, look)

    def function(state: State, config: RunnableConfig) -> Any:
        return inner.invoke(state, config) if "config" in call else inner.invoke(state)

    run_config: RunnableConfig = {"tags": ["mine"], "metadata": {"user": "ada"}, "configurable": {"thread_id": "7"}}
    sequence(inner if call == "the node" else function).invoke({"n": 0}, run_config)
    (config,) = configs
    names = [part.partition(":")[0] for part in config["metadata"]["langgraph_checkpoint_ns"].split("|")]
    assert names == ["node0", "node1"]
    assert (config["tags"], config["metadata"]["user"], config["configurable"]["thread_id"]) == (["mine"], "ada", "7")


def test_a_subgraph_has_the_recursion_limit_of_its_parent() -> None:
    with pytest.raises(RecursionError, match="limit of 2 "):
        sequence(sequence(add_one, add_one, add_one, add_one)).invoke({"n": 0}, {"recursion_limit": 2})


def test_a_failing_pure_subgraph_runs_once() -> None:
    chunks: list[Any] = []

    def fail(state: State) -> State:
        return {"n": state["n"] // 0}

    graph = sequence(sequence(add_one, fail))
    with pytest.raises(ZeroDivisionError) as raised:
        for chunk in graph.stream({"n": 0}, subgraphs=True):
            chunks.append(chunk[1])
    assert chunks == [{"node0": {"n": 1}}]
    assert [note.partition(" and")[0] for note in raised.value.__notes__] == [
        "During task with name 'node1'",
        "During task with name 'node0'",
    ]


def live_runs() -> list[RunLoop | RunState]:
    """Return all runs that are still in memory."""
    return [item for item in gc.get_objects() if type(item) in {RunLoop, RunState}]


@pytest.mark.parametrize("nodes", [(add_one,), (sequence(add_one),), (lambda state: add_one(state),)])
def test_a_finished_run_is_freed_without_the_garbage_collector(nodes: Any) -> None:
    graph = sequence(*nodes)
    graph.invoke({"n": 0})
    gc.collect()
    before = live_runs()
    gc.disable()
    try:
        graph.invoke({"n": 0})
        list(graph.stream({"n": 0}, subgraphs=True))
        assert [run for run in live_runs() if run not in before] == []
    finally:
        gc.enable()


def test_an_error_in_a_subgraph_has_a_note_for_each_node() -> None:
    def fail(state: State) -> State:
        return {"n": state["n"] // 0}

    with pytest.raises(ZeroDivisionError) as raised:
        sequence(sequence(fail)).invoke({"n": 0})
    assert [note.partition(" and ")[0] for note in raised.value.__notes__] == ["During task with name 'node0'"] * 2


def test_a_sink_receives_the_events_of_subgraphs_that_the_stream_leaves_out() -> None:
    collect = Collect()
    chunks = list(sequence(sequence(add_one)).stream({"n": 0}, sinks=[collect]))
    assert chunks == [{"node0": {"n": 1}}]
    assert [len(event.ns) for event in collect.events if isinstance(event, Update)] == [1, 0]


def test_a_stream_in_a_node_shows_subgraphs_even_if_the_outer_stream_does_not() -> None:
    inner = sequence(sequence(add_one))
    inner_chunks: list[Any] = []

    def call(state: State) -> State:
        inner_chunks.extend(inner.stream(state, subgraphs=True))
        return state

    assert list(sequence(call).stream({"n": 0})) == [{"node0": {"n": 0}}]
    assert [chunk for _, chunk in inner_chunks] == [{"node0": {"n": 1}}] * 2


def test_a_runnable_returned_by_a_subgraphs_node_may_call_tasks() -> None:
    @task
    def add(n: int) -> int:
        return n + 1

    runnable: RunnableLambda[State, State] = RunnableLambda(lambda state: {"n": add(state["n"]).result()})
    assert sequence(sequence(lambda state: runnable)).invoke({"n": 0}) == {"n": 1}


def test_writes_of_an_error_handler_are_ordered_by_the_text_of_its_task_path() -> None:
    class Log(TypedDict):
        log: Annotated[list[str], operator.add]

    def fail(state: Log) -> Log:
        raise ValueError

    builder = StateGraph(Log)
    builder.add_node("plan", fail, error_handler=lambda state: {"log": ["handled"]})
    builder.add_node("plan 2", lambda state: {"log": ["plan 2"]})
    builder.add_edge(START, "plan").add_edge(START, "plan 2")
    assert builder.compile().invoke({"log": []}) == {"log": ["plan 2", "handled"]}


@pytest.mark.parametrize("bound_config", [{"tags": ["t"]}, {"metadata": {"k": "v"}}, {"configurable": {"k": "v"}}])
@pytest.mark.parametrize("is_async", [False, True])
async def test_an_interrupt_in_a_subgraph_with_a_bound_config_stops_its_parent(
    bound_config: Any, is_async: bool
) -> None:
    def ask(state: State) -> State:
        return {"n": interrupt("how many?")}

    inner = sequence(add_one, ask).with_config(bound_config)
    outer = StateGraph(State).add_node("inner", inner).add_edge(START, "inner").compile(checkpointer=InMemorySaver())
    thread: RunnableConfig = {"configurable": {"thread_id": "1"}}
    if is_async:
        interrupted = await outer.ainvoke({"n": 0}, thread)
        resumed = await outer.ainvoke(Command(resume=5), thread)
    else:
        interrupted, resumed = outer.invoke({"n": 0}, thread), outer.invoke(Command(resume=5), thread)
    assert [item.value for item in interrupted["__interrupt__"]] == ["how many?"]
    assert resumed == {"n": 5}
