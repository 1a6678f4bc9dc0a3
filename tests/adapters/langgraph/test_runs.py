"""The adapter, against the installed langgraph."""

from __future__ import annotations

import asyncio
import logging
import operator
import sys
import threading
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_store
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.store.memory import InMemoryStore
from langgraph.types import CachePolicy, Command, Send, StreamWriter, interrupt

from lgstream import events as ev
from lgstream.adapters.langgraph import run_tap
from lgstream.adapters.langgraph.intercept import intercept_runs
from lgstream.adapters.langgraph.runs import ainvoke_with_sinks, invoke_with_sinks
from lgstream.adapters.langgraph.shape import is_langgraph_graph, langgraph_shape
from lgstream.events import Edge, NodeShape, Shape
from lgstream.sinks import Collect, attach

THREAD = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def line(*nodes: tuple[str, Any], **compile_with: Any) -> Any:
    builder = StateGraph(State)
    for name, action in nodes:
        builder.add_node(name, action)
    for one, two in zip([START, *(name for name, _ in nodes)], [*(name for name, _ in nodes), END], strict=True):
        builder.add_edge(one, two)
    return builder.compile(**compile_with)


def says(word: str) -> Callable[[State], State]:
    return lambda state: {"log": [word]}


def watched(graph: Any, input: Any, config: Any = None, **kwargs: Any) -> list[ev.Event]:
    sink = Collect()
    invoke_with_sinks(graph, input, config, [sink], **kwargs)
    return sink.events


def kinds(events: list[ev.Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def only(events: list[ev.Event], *of: type) -> list[Any]:
    return [event for event in events if isinstance(event, of)]


def test_a_compiled_graph_is_recognised_and_other_things_are_not():
    assert is_langgraph_graph(line(("a", says("a"))))
    assert not is_langgraph_graph(StateGraph(State))
    assert not is_langgraph_graph(object())


def test_without_langgraph_imported_nothing_is_recognised(monkeypatch: pytest.MonkeyPatch):
    graph = line(("a", says("a")))
    monkeypatch.delitem(sys.modules, "langgraph.pregel")
    assert not is_langgraph_graph(graph)
    assert "langgraph.pregel" not in sys.modules


def test_the_events_of_a_superstep_come_in_their_order():
    events = watched(line(("a", says("a"))), {"log": ["in"]})
    assert kinds(events) == [
        "RunStarted", "Values", "TaskStarted", "Update", "TaskFinished", "Values", "RunFinished",
    ]  # fmt: skip
    run, first, start, update, end, last, done = events
    assert isinstance(run, ev.RunStarted) and run.input == {"log": ["in"]} and run.graph == "LangGraph"
    assert first[1:] == ((), 0, {"log": ["in"]})
    assert start[1:3] == ((), 1) and start[4:] == ("a", {"log": ["in"]}, ("branch:to:a",), None)
    assert update[1:] == ((), 1, start[3], "a", {"log": ["a"]}, False)
    assert end[1:] == ((), 1, start[3], "a", {"log": ["a"]}, None, ())
    assert last[1:] == ((), 1, {"log": ["in", "a"]})
    assert done[2:] == (run.run_id, "done", {"log": ["in", "a"]}, None)


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"stream_mode": "updates"}, {"stream_mode": ["values", "custom"]}, {"output_keys": "log"}, {"version": "v2"}],
    ids=str,
)
def test_the_result_is_what_invoke_returns(kwargs: dict[str, Any]):
    graph = line(("a", says("a")), ("sub", line(("in", says("in")))))
    assert invoke_with_sinks(graph, {"log": []}, None, [Collect()], **kwargs) == graph.invoke({"log": []}, **kwargs)


def test_without_sinks_the_config_is_left_alone():
    seen: list[Any] = []
    graph = line(("a", lambda state, config: seen.append(config["configurable"])))
    invoke_with_sinks(graph, {"log": []}, None, [])
    graph.invoke({"log": []})
    assert seen[0].keys() == seen[1].keys()


def test_the_callers_config_is_not_changed():
    config: Any = {"configurable": {"thread_id": "1"}, "callbacks": []}
    watched(line(("a", says("a"))), {"log": []}, config)
    assert config == {"configurable": {"thread_id": "1"}, "callbacks": []}


def test_attached_sinks_see_the_run_too():
    sink = Collect()
    with attach(sink):
        invoke_with_sinks(line(("a", says("a"))), {"log": []})
    assert kinds(sink.events)[-1] == "RunFinished"


def test_custom_writes_of_parallel_tasks_bear_their_own_task():
    both = threading.Barrier(2, timeout=10)

    def node(name: str) -> Any:
        def write(state: State, writer: StreamWriter) -> None:
            both.wait()
            writer(name)

        return write

    builder = StateGraph(State).add_node("a", node("a")).add_node("b", node("b"))
    events = watched(builder.add_edge(START, "a").add_edge(START, "b").compile(), {"log": ["in"]})
    tasks = {event.task_id: event.node for event in only(events, ev.TaskStarted)}
    assert sorted(event.data for event in only(events, ev.Custom)) == ["a", "b"]
    assert all(tasks[event.task_id] == event.node == event.data for event in only(events, ev.Custom))


def streaming_inside() -> Any:
    """A node that writes, and streams a graph whose node writes."""

    def deep(state: State, writer: StreamWriter) -> None:
        writer("deep")

    inner = line(("deep", deep))

    def outer(state: State, writer: StreamWriter) -> State:
        writer("outer")
        return {"log": list(inner.stream({"log": []}, stream_mode="custom"))}

    return line(("outer", outer))


@pytest.mark.parametrize("mode", ["custom", ["custom", "values"], "values"], ids=str)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_custom_writes_are_heard_once_also_where_the_caller_streams_them(mode: Any, asynchronous: bool):
    graph, sink = streaming_inside(), Collect()
    plain = list(graph.stream({"log": []}, stream_mode=mode))
    with intercept_runs(sink):
        if asynchronous:
            chunks = [chunk async for chunk in graph.astream({"log": []}, stream_mode=mode)]
        else:
            chunks = list(graph.stream({"log": []}, stream_mode=mode))
    assert chunks == plain
    assert [(event.node, event.data) for event in only(sink.events, ev.Custom)] == [(n, n) for n in ("outer", "deep")]


async def test_async_nodes_are_heard_too():
    both = asyncio.Event()

    async def a(state: State, writer: StreamWriter) -> State:
        await both.wait()
        writer("a")
        return {"log": ["a"]}

    async def b(state: State, writer: StreamWriter) -> State:
        writer("b")
        both.set()
        return {"log": ["b"]}

    graph = StateGraph(State).add_node("a", a).add_node("b", b).add_edge(START, "a").add_edge(START, "b").compile()
    sink = Collect()
    result = await ainvoke_with_sinks(graph, {"log": []}, None, [sink])
    assert result == {"log": ["a", "b"]}
    assert [(event.node, event.data) for event in only(sink.events, ev.Custom)] == [("b", "b"), ("a", "a")]
    assert [event.node for event in only(sink.events, ev.Update)] == ["b", "a"]


def test_each_update_bears_the_task_that_made_it():
    def worker(state: dict[str, Any]) -> State:
        return {"log": [state["word"]]}

    builder = StateGraph(State).add_node("worker", worker)
    builder.add_conditional_edges(START, lambda state: [Send("worker", {"word": str(n)}) for n in range(20)])
    events = watched(builder.compile(), {"log": []})
    given = {event.task_id: event.input["word"] for event in only(events, ev.TaskStarted)}
    made = {event.task_id: event.data["log"][0] for event in only(events, ev.Update)}
    assert given == made and len(made) == 20


def test_a_subgraphs_events_bear_its_namespace_and_lie_within_its_task():
    graph = line(("sub", line(("in", lambda state, writer: writer("deep")))))
    events = watched(graph, {"log": ["x"]})
    (outer,) = [event for event in only(events, ev.TaskStarted) if event.ns == ()]
    inner = [event for event in events if event.ns]
    assert {event.ns for event in inner} == {(f"sub:{outer.task_id}",)}
    assert kinds(inner) == ["Values", "TaskStarted", "Custom", "Update", "TaskFinished"]
    between = events[events.index(outer) + 1 :]
    assert between[: len(inner)] == inner


def test_a_second_subgraph_called_in_a_task_has_a_namespace_of_its_own():
    sub = line(("in", lambda state, writer: writer("deep")))

    def twice(state: State) -> None:
        sub.invoke({"log": []})
        sub.invoke({"log": []})

    events = watched(line(("twice", twice)), {"log": []})
    one, two = [event.ns for event in only(events, ev.Custom)]
    assert two == (*one, "1")


def test_tokens_come_between_the_start_and_the_update_of_their_task():
    model = GenericFakeChatModel(messages=iter([AIMessage("one two", id="m1")]))
    graph = (
        StateGraph(MessagesState)
        .add_node("chat", lambda state, writer: (writer("before"), {"messages": [model.invoke(state["messages"])]})[1])
        .add_edge(START, "chat")
        .compile()
    )
    events = watched(graph, {"messages": [HumanMessage("hi", id="h")]})
    assert kinds(events) == [
        "RunStarted", "Values", "TaskStarted", "Custom", "CallStarted", "Token", "Token", "Token", "CallFinished",
        "Message", "Update", "TaskFinished", "Values", "RunFinished",
    ]  # fmt: skip
    tokens = only(events, ev.Token)
    (task,) = only(events, ev.TaskStarted)
    assert "".join(token.message.content for token in tokens) == "one two"
    assert {(token.ns, token.task_id, token.node) for token in tokens} == {((), task.task_id, "chat")}


def test_a_nodes_messages_come_before_its_update():
    def node(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("one", id="1"), ("ai", "two")], "extra": AIMessage("three", id="3")}

    class Extra(MessagesState):
        extra: Any

    builder = StateGraph(Extra).add_node("node", node).add_edge(START, "node")
    events = watched(builder.compile(), {"messages": []})
    messages = only(events, ev.Message)
    assert [event.message.content for event in messages] == ["one", "three"]
    assert {event.call_id for event in messages} == {""}
    assert messages[0].metadata["langgraph_node"] == "node"
    assert kinds(events)[3:6] == ["Message", "Message", "Update"]


def test_the_models_are_not_listened_to_when_no_sink_wants_it():
    class Updates(Collect):
        wants = frozenset({ev.Update})

    heard: list[bool] = []

    def node(state: State, config: RunnableConfig) -> None:
        heard.extend("Listener" in type(handler).__name__ for handler in config["callbacks"].handlers)

    invoke_with_sinks(line(("a", node)), {"log": []}, None, [Updates()])
    assert not any(heard)


def test_the_users_callbacks_are_called_as_before():
    class Counts(BaseCallbackHandler):
        starts = 0

        def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
            Counts.starts += 1

    graph = line(("a", says("a")))
    graph.invoke({"log": []}, {"callbacks": [Counts()]})
    unwatched, Counts.starts = Counts.starts, 0
    watched(graph, {"log": []}, {"callbacks": [Counts()]})
    assert Counts.starts == unwatched > 0


def test_a_nodes_exception_is_raised_as_it_is_and_told():
    error = ValueError("boom")

    def bad(state: State) -> None:
        raise error

    sink = Collect()
    with pytest.raises(ValueError, match="boom") as raised:
        invoke_with_sinks(line(("bad", bad)), {"log": []}, None, [sink])
    assert raised.value is error
    (end,) = only(sink.events, ev.TaskFinished)
    assert end.error is error
    assert kinds(sink.events)[-2:] == ["TaskFinished", "RunFinished"]
    assert sink.events[-1][3:] == ("failed", {"log": []}, error)


async def test_a_cancelled_run_is_told_as_stopped():
    started = asyncio.Event()

    async def forever(state: State) -> None:
        started.set()
        await asyncio.Event().wait()

    sink = Collect()
    task = asyncio.create_task(ainvoke_with_sinks(line(("forever", forever)), {"log": []}, None, [sink]))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sink.events[-1][3] == "stopped"


def asking(**compile_with: Any) -> Any:
    return line(("ask", lambda state: {"log": [interrupt("sure?")]}), **compile_with)


def test_an_interrupt_is_told_once_with_its_task_and_the_state_beside_it():
    events = watched(asking(checkpointer=InMemorySaver()), {"log": ["in"]}, THREAD)
    (asked,) = only(events, ev.Interrupted)
    (task,) = only(events, ev.TaskStarted)
    (end,) = only(events, ev.TaskFinished)
    assert asked[1:5] == ((), 1, task.task_id, "ask") and asked.values == {"log": ["in"]}
    assert [question.value for question in asked.interrupts] == ["sure?"]
    assert end.interrupts == asked.interrupts
    assert not [event for event in only(events, ev.Values) if event.step]
    assert events[-1][3] == "interrupted"


def test_a_resumed_run_starts_from_the_state_of_its_superstep():
    graph = line(("a", says("a")), ("ask", lambda state: {"log": [interrupt("sure?")]}), checkpointer=InMemorySaver())
    watched(graph, {"log": []}, THREAD)
    events = watched(graph, Command(resume="yes"), THREAD)
    assert [(event.step, event.data["log"]) for event in only(events, ev.Values)] == [(1, ["a"]), (2, ["a", "yes"])]
    assert [event.node for event in only(events, ev.TaskStarted)] == ["ask"]
    assert events[-1][3] == "done"


def test_an_interrupt_in_a_subgraph_is_told_at_each_level():
    events = watched(line(("sub", asking()), checkpointer=InMemorySaver()), {"log": []}, THREAD)
    inner, outer = only(events, ev.Interrupted)
    assert (inner.node, outer.node) == ("ask", "sub") and inner.ns and not outer.ns
    assert inner.interrupts == outer.interrupts


def test_a_static_breakpoint_has_no_task():
    graph = line(("a", says("a")), ("b", says("b")), interrupt_before=["b"])
    events = watched(graph, {"log": []})
    (stop,) = only(events, ev.Interrupted)
    assert stop[1:] == ((), 2, "", "", (), {"log": ["a"]})
    assert events[-1][3] == "interrupted"


def test_checkpoints_are_told_with_their_steps():
    events = watched(line(("a", says("a")), checkpointer=InMemorySaver()), {"log": []}, THREAD)
    assert [event.step for event in only(events, ev.CheckpointSaved)] == [-1, 0, 1]
    assert [event.step for event in only(events, ev.Values)] == [0, 1]


def test_a_missing_thread_id_is_complained_of_as_unwatched():
    graph = line(("a", says("a")), checkpointer=InMemorySaver())
    with pytest.raises(ValueError) as unwatched:
        graph.invoke({"log": []})
    with pytest.raises(ValueError) as raised:
        watched(graph, {"log": []})
    assert str(raised.value) == str(unwatched.value)


def test_a_cached_update_is_marked_and_its_task_does_not_finish():
    builder = StateGraph(State).add_node("a", says("a"), cache_policy=CachePolicy()).add_edge(START, "a")
    graph = builder.compile(cache=InMemoryCache())
    watched(graph, {"log": []})
    events = watched(graph, {"log": []})
    (update,) = only(events, ev.Update)
    (start,) = only(events, ev.TaskStarted)
    assert update.cached and update.data == {"log": ["a"]} and update.task_id == start.task_id
    assert not only(events, ev.TaskFinished)


def test_the_graphs_store_reaches_its_nodes():
    store = InMemoryStore()
    seen: list[Any] = []
    watched(line(("a", lambda state: seen.append(get_store())), store=store), {"log": []})
    assert seen[0] is store


def test_the_shape_holds_nodes_edges_and_subgraphs():
    builder = StateGraph(State).add_node("a", says("a")).add_node("sub", line(("in", says("in"))))
    builder.add_edge(START, "a").add_conditional_edges("a", lambda state: "yes", {"yes": "sub", "no": END})
    builder.add_edge("sub", END)
    inner = Shape("LangGraph", (NodeShape("in"),), (Edge("__start__", "in"), Edge("in", "__end__")))
    shape = langgraph_shape(builder.compile(name="joke"))
    assert (shape.name, shape.nodes) == ("joke", (NodeShape("a"), NodeShape("sub", inner)))
    assert set(shape.edges) == {
        Edge("__start__", "a"), Edge("a", "sub", True, "yes"), Edge("a", "__end__", True, "no"), Edge("sub", "__end__"),
    }  # fmt: skip


def test_a_version_that_tells_its_listeners_otherwise_is_reported(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(run_tap, "CONFIG_KEY_STREAM", "renamed")
    with caplog.at_level(logging.WARNING, "lgstream.adapters"):
        assert kinds(watched(line(("a", says("a"))), {"log": []})) == ["RunStarted", "RunFinished"]
    assert "No events of the run were received" in caplog.text
