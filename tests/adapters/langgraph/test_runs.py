"""The langgraph adapter, run with the installed langgraph."""

from __future__ import annotations

import asyncio
import logging
import operator
import sys
import threading
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
from lgstream._langgraph import is_langgraph_graph
from lgstream.adapters.langgraph import run_tap
from lgstream.adapters.langgraph.intercept import intercept_runs
from lgstream.adapters.langgraph.runs import ainvoke_with_sinks, invoke_with_sinks
from lgstream.engine.langgraph.shape import langgraph_shape
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


def append_word(word: str) -> Any:
    return lambda state: {"log": [word]}


def events_of(graph: Any, input: Any, config: Any = None, **kwargs: Any) -> list[ev.Event]:
    sink = Collect()
    invoke_with_sinks(graph, input, config, [sink], **kwargs)
    return sink.events


def kinds(events: list[ev.Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def of_kind(events: list[ev.Event], *of: type) -> list[Any]:
    return [event for event in events if isinstance(event, of)]


def test_a_compiled_graph_is_recognized_and_other_objects_are_not():
    assert is_langgraph_graph(line(("a", append_word("a"))))
    assert not is_langgraph_graph(StateGraph(State))
    assert not is_langgraph_graph(object())


def test_no_graph_is_recognized_while_langgraph_is_not_imported(monkeypatch: pytest.MonkeyPatch):
    graph = line(("a", append_word("a")))
    monkeypatch.delitem(sys.modules, "langgraph.pregel")
    assert not is_langgraph_graph(graph)
    assert "langgraph.pregel" not in sys.modules


def test_the_events_of_a_superstep_are_emitted_in_order():
    events = events_of(line(("a", append_word("a"))), {"log": ["in"]})
    assert kinds(events) == [
        "RunStarted", "Values", "TaskStarted", "Update", "TaskFinished", "Values", "RunFinished",
    ]  # fmt: skip
    run, first, start, update, end, last, done = events
    assert isinstance(run, ev.RunStarted) and run.input == {"log": ["in"]} and run.graph == "LangGraph"
    assert first[1:] == ((), 0, {"log": ["in"]}, run.run_id)
    assert start[1:3] == ((), 1) and start[4:] == ("a", {"log": ["in"]}, ("branch:to:a",), None, "", run.run_id)
    assert update[1:] == ((), 1, start[3], "a", {"log": ["a"]}, False, run.run_id)
    assert end[1:] == ((), 1, start[3], "a", {"log": ["a"]}, None, (), run.run_id)
    assert last[1:] == ((), 1, {"log": ["in", "a"]}, run.run_id)
    assert done[2:] == (run.run_id, "done", {"log": ["in", "a"]}, None)


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"stream_mode": "updates"}, {"stream_mode": ["values", "custom"]}, {"output_keys": "log"}, {"version": "v2"}],
    ids=str,
)
def test_the_result_equals_that_of_invoke(kwargs: dict[str, Any]):
    graph = line(("a", append_word("a")), ("sub", line(("in", append_word("in")))))
    assert invoke_with_sinks(graph, {"log": []}, None, [Collect()], **kwargs) == graph.invoke({"log": []}, **kwargs)


def test_without_sinks_the_config_is_passed_on_unchanged():
    seen: list[Any] = []
    graph = line(("a", lambda state, config: seen.append(config["configurable"])))
    invoke_with_sinks(graph, {"log": []}, None, [])
    graph.invoke({"log": []})
    assert seen[0].keys() == seen[1].keys()


def test_the_callers_config_is_not_changed():
    config: Any = {"configurable": {"thread_id": "1"}, "callbacks": []}
    events_of(line(("a", append_word("a"))), {"log": []}, config)
    assert config == {"configurable": {"thread_id": "1"}, "callbacks": []}


def test_attached_sinks_see_the_run_too():
    sink = Collect()
    with attach(sink):
        invoke_with_sinks(line(("a", append_word("a"))), {"log": []})
    assert kinds(sink.events)[-1] == "RunFinished"


def test_custom_writes_of_parallel_tasks_have_the_id_of_their_own_task():
    both = threading.Barrier(2, timeout=10)

    def node(name: str) -> Any:
        def write(state: State, writer: StreamWriter) -> None:
            both.wait()
            writer(name)

        return write

    builder = StateGraph(State).add_node("a", node("a")).add_node("b", node("b"))
    events = events_of(builder.add_edge(START, "a").add_edge(START, "b").compile(), {"log": ["in"]})
    tasks = {event.task_id: event.node for event in of_kind(events, ev.TaskStarted)}
    assert sorted(event.data for event in of_kind(events, ev.Custom)) == ["a", "b"]
    assert all(tasks[event.task_id] == event.node == event.data for event in of_kind(events, ev.Custom))


def streaming_inside() -> Any:
    """Return a graph whose node writes custom data and streams a graph whose node does so too."""

    def deep(state: State, writer: StreamWriter) -> None:
        writer("deep")

    inner = line(("deep", deep))

    def outer(state: State, writer: StreamWriter) -> State:
        writer("outer")
        return {"log": list(inner.stream({"log": []}, stream_mode="custom"))}

    return line(("outer", outer))


@pytest.mark.parametrize("mode", ["custom", ["custom", "values"], "values"], ids=str)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_each_custom_write_is_one_event_even_if_the_caller_streams_them(mode: Any, asynchronous: bool):
    graph, sink = streaming_inside(), Collect()
    plain = list(graph.stream({"log": []}, stream_mode=mode))
    with intercept_runs(sink):
        if asynchronous:
            chunks = [chunk async for chunk in graph.astream({"log": []}, stream_mode=mode)]
        else:
            chunks = list(graph.stream({"log": []}, stream_mode=mode))
    assert chunks == plain
    assert [(event.node, event.data) for event in of_kind(sink.events, ev.Custom)] == [
        (n, n) for n in ("outer", "deep")
    ]


async def test_async_nodes_emit_events_too():
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
    assert [(event.node, event.data) for event in of_kind(sink.events, ev.Custom)] == [("b", "b"), ("a", "a")]
    assert [event.node for event in of_kind(sink.events, ev.Update)] == ["b", "a"]


def test_each_update_has_the_id_of_its_task():
    def worker(state: dict[str, Any]) -> State:
        return {"log": [state["word"]]}

    builder = StateGraph(State).add_node("worker", worker)
    builder.add_conditional_edges(START, lambda state: [Send("worker", {"word": str(n)}) for n in range(20)])
    events = events_of(builder.compile(), {"log": []})
    words = {event.task_id: event.input["word"] for event in of_kind(events, ev.TaskStarted)}
    updates = {event.task_id: event.data["log"][0] for event in of_kind(events, ev.Update)}
    assert words == updates and len(updates) == 20


def test_events_of_a_subgraph_have_its_namespace_and_are_emitted_while_its_task_runs():
    graph = line(("sub", line(("in", lambda state, writer: writer("deep")))))
    events = events_of(graph, {"log": ["x"]})
    (outer,) = [event for event in of_kind(events, ev.TaskStarted) if event.ns == ()]
    inner = [event for event in events if event.ns]
    assert {event.ns for event in inner} == {(f"sub:{outer.task_id}",)}
    assert kinds(inner) == [
        "GraphStarted",
        "Values",
        "TaskStarted",
        "Custom",
        "Update",
        "TaskFinished",
        "GraphFinished",
    ]
    between = events[events.index(outer) + 1 :]
    assert between[: len(inner)] == inner


def test_a_second_subgraph_called_in_a_task_has_its_own_namespace():
    sub = line(("in", lambda state, writer: writer("deep")))

    def twice(state: State) -> None:
        sub.invoke({"log": []})
        sub.invoke({"log": []})

    events = events_of(line(("twice", twice)), {"log": []})
    one, two = [event.ns for event in of_kind(events, ev.Custom)]
    assert two == (*one, "1")


def test_tokens_are_emitted_between_the_start_and_the_update_of_their_task():
    model = GenericFakeChatModel(messages=iter([AIMessage("one two", id="m1")]))
    graph = (
        StateGraph(MessagesState)
        .add_node("chat", lambda state, writer: (writer("before"), {"messages": [model.invoke(state["messages"])]})[1])
        .add_edge(START, "chat")
        .compile()
    )
    events = events_of(graph, {"messages": [HumanMessage("hi", id="h")]})
    assert kinds(events) == [
        "RunStarted", "Values", "TaskStarted", "Custom", "CallStarted", "Token", "Token", "Token", "CallFinished",
        "Message", "Update", "TaskFinished", "Values", "RunFinished",
    ]  # fmt: skip
    tokens = of_kind(events, ev.Token)
    (task,) = of_kind(events, ev.TaskStarted)
    assert "".join(token.message.content for token in tokens) == "one two"
    assert {(token.ns, token.task_id, token.node) for token in tokens} == {((), task.task_id, "chat")}


def test_messages_of_a_node_are_emitted_before_its_update():
    def node(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("one", id="1"), ("ai", "two")], "extra": AIMessage("three", id="3")}

    class Extra(MessagesState):
        extra: Any

    builder = StateGraph(Extra).add_node("node", node).add_edge(START, "node")
    events = events_of(builder.compile(), {"messages": []})
    messages = of_kind(events, ev.Message)
    assert [event.message.content for event in messages] == ["one", "three"]
    assert {event.call_id for event in messages} == {""}
    assert messages[0].metadata["langgraph_node"] == "node"
    assert kinds(events)[3:6] == ["Message", "Message", "Update"]


def test_no_model_listener_is_added_if_no_sink_wants_its_events():
    class Updates(Collect):
        wants = frozenset({ev.Update})

    has_listener: list[bool] = []

    def node(state: State, config: RunnableConfig) -> None:
        has_listener.extend("Listener" in type(handler).__name__ for handler in config["callbacks"].handlers)

    invoke_with_sinks(line(("a", node)), {"log": []}, None, [Updates()])
    assert not any(has_listener)


def test_callbacks_of_the_caller_are_called_as_without_sinks():
    class Counts(BaseCallbackHandler):
        starts = 0

        def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
            Counts.starts += 1

    graph = line(("a", append_word("a")))
    graph.invoke({"log": []}, {"callbacks": [Counts()]})
    unwatched, Counts.starts = Counts.starts, 0
    events_of(graph, {"log": []}, {"callbacks": [Counts()]})
    assert Counts.starts == unwatched > 0


def test_an_exception_of_a_node_is_raised_unchanged_and_is_in_the_events():
    error = ValueError("boom")

    def bad(state: State) -> None:
        raise error

    sink = Collect()
    with pytest.raises(ValueError, match="boom") as raised:
        invoke_with_sinks(line(("bad", bad)), {"log": []}, None, [sink])
    assert raised.value is error
    (end,) = of_kind(sink.events, ev.TaskFinished)
    assert end.error is error
    assert kinds(sink.events)[-2:] == ["TaskFinished", "RunFinished"]
    assert sink.events[-1][3:] == ("failed", {"log": []}, error)


async def test_a_cancelled_run_has_the_status_stopped():
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


def asking_graph(**compile_with: Any) -> Any:
    return line(("ask", lambda state: {"log": [interrupt("sure?")]}), **compile_with)


def test_an_interrupt_is_one_event_with_its_task_and_the_state():
    events = events_of(asking_graph(checkpointer=InMemorySaver()), {"log": ["in"]}, THREAD)
    (asked,) = of_kind(events, ev.Interrupted)
    (task,) = of_kind(events, ev.TaskStarted)
    (end,) = of_kind(events, ev.TaskFinished)
    assert asked[1:5] == ((), 1, task.task_id, "ask") and asked.values == {"log": ["in"]}
    assert [question.value for question in asked.interrupts] == ["sure?"]
    assert end.interrupts == asked.interrupts
    assert not [event for event in of_kind(events, ev.Values) if event.step]
    assert events[-1][3] == "interrupted"


def test_a_resumed_run_starts_from_the_state_of_its_superstep():
    graph = line(
        ("a", append_word("a")), ("ask", lambda state: {"log": [interrupt("sure?")]}), checkpointer=InMemorySaver()
    )
    events_of(graph, {"log": []}, THREAD)
    events = events_of(graph, Command(resume="yes"), THREAD)
    assert [(event.step, event.data["log"]) for event in of_kind(events, ev.Values)] == [(1, ["a"]), (2, ["a", "yes"])]
    assert [event.node for event in of_kind(events, ev.TaskStarted)] == ["ask"]
    assert events[-1][3] == "done"


def test_an_interrupt_in_a_subgraph_is_emitted_at_each_level():
    events = events_of(line(("sub", asking_graph()), checkpointer=InMemorySaver()), {"log": []}, THREAD)
    inner, outer = of_kind(events, ev.Interrupted)
    assert (inner.node, outer.node) == ("ask", "sub") and inner.ns and not outer.ns
    assert inner.interrupts == outer.interrupts


def test_a_static_breakpoint_has_no_task():
    graph = line(("a", append_word("a")), ("b", append_word("b")), interrupt_before=["b"])
    events = events_of(graph, {"log": []})
    (stop,) = of_kind(events, ev.Interrupted)
    assert stop[1:-1] == ((), 2, "", "", (), {"log": ["a"]})
    assert events[-1][3] == "interrupted"


def test_checkpoint_events_have_their_steps():
    events = events_of(line(("a", append_word("a")), checkpointer=InMemorySaver()), {"log": []}, THREAD)
    assert [event.step for event in of_kind(events, ev.CheckpointSaved)] == [-1, 0, 1]
    assert [event.step for event in of_kind(events, ev.Values)] == [0, 1]


def test_a_missing_thread_id_raises_the_same_error_as_without_sinks():
    graph = line(("a", append_word("a")), checkpointer=InMemorySaver())
    with pytest.raises(ValueError) as unwatched:
        graph.invoke({"log": []})
    with pytest.raises(ValueError) as raised:
        events_of(graph, {"log": []})
    assert str(raised.value) == str(unwatched.value)


def test_a_cached_update_is_marked_and_its_task_does_not_finish():
    builder = StateGraph(State).add_node("a", append_word("a"), cache_policy=CachePolicy()).add_edge(START, "a")
    graph = builder.compile(cache=InMemoryCache())
    events_of(graph, {"log": []})
    events = events_of(graph, {"log": []})
    (update,) = of_kind(events, ev.Update)
    (start,) = of_kind(events, ev.TaskStarted)
    assert update.cached and update.data == {"log": ["a"]} and update.task_id == start.task_id
    assert not of_kind(events, ev.TaskFinished)


def test_the_graphs_store_reaches_its_nodes():
    store = InMemoryStore()
    seen: list[Any] = []
    events_of(line(("a", lambda state: seen.append(get_store())), store=store), {"log": []})
    assert seen[0] is store


def test_the_shape_holds_nodes_edges_and_subgraphs():
    builder = StateGraph(State).add_node("a", append_word("a")).add_node("sub", line(("in", append_word("in"))))
    builder.add_edge(START, "a").add_conditional_edges("a", lambda state: "yes", {"yes": "sub", "no": END})
    builder.add_edge("sub", END)
    inner = Shape("LangGraph", (NodeShape("in"),), (Edge("__start__", "in"), Edge("in", "__end__")))
    shape = langgraph_shape(builder.compile(name="joke"))
    assert (shape.name, shape.nodes) == ("joke", (NodeShape("a"), NodeShape("sub", inner)))
    assert set(shape.edges) == {
        Edge("__start__", "a"), Edge("a", "sub", True, "yes"), Edge("a", "__end__", True, "no"), Edge("sub", "__end__"),
    }  # fmt: skip


def test_a_langgraph_version_that_does_not_pass_its_chunks_on_is_reported(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(run_tap, "CONFIG_KEY_STREAM", "renamed")
    with caplog.at_level(logging.WARNING, "lgstream.adapters"):
        assert kinds(events_of(line(("a", append_word("a"))), {"log": []})) == ["RunStarted", "RunFinished"]
    assert "No events of the run were received" in caplog.text
