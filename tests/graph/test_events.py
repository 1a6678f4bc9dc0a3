"""The events of a run, as sinks receive them."""

from __future__ import annotations

import asyncio
import operator
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver

from lgstream import sinks
from lgstream.events import (
    CallFinished,
    CallStarted,
    CheckpointSaved,
    Custom,
    Event,
    Interrupted,
    Message,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskStarted,
    Token,
    Update,
    Values,
)
from lgstream.graph import START, MessagesState, StateGraph
from lgstream.types import Command, StreamWriter, interrupt


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def append_to_log(name: str) -> Any:
    return lambda state: {"log": [name]}


def chain(*names: str, **options: Any) -> Any:
    graph = StateGraph(State)
    graph.add_sequence([(name, append_to_log(name)) for name in names])
    return graph.add_edge(START, names[0]).compile(**options)


def event_types(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def run_and_collect(graph: Any, driver: str, input: Any, **options: Any) -> list[Event]:
    collect = sinks.Collect()
    if driver == "sync":
        graph.invoke(input, sinks=[collect], **options)
    else:
        asyncio.run(graph.ainvoke(input, sinks=[collect], **options))
    return collect.events


drivers = pytest.mark.parametrize("driver", ["sync", "async"])


@drivers
def test_a_run_emits_events_from_start_to_end(driver: str) -> None:
    assert event_types(run_and_collect(chain("a", "b"), driver, {"log": []})) == [
        RunStarted, Values, TaskStarted, Update, TaskFinished, Values, TaskStarted, Update, TaskFinished, Values,
        RunFinished,
    ]  # fmt: skip


def test_the_first_event_has_the_shape_of_the_graph() -> None:
    started = run_and_collect(chain("a", "b", name="two steps"), "sync", {"log": []})[0]
    assert isinstance(started, RunStarted)
    assert started.graph == "two steps"
    assert started.shape is not None
    assert [node.name for node in started.shape.nodes] == ["a", "b"]
    assert [(edge.source, edge.target) for edge in started.shape.edges] == [
        ("__start__", "a"), ("a", "b"), ("b", "__end__"),
    ]  # fmt: skip


def test_the_last_event_has_the_result() -> None:
    finished = run_and_collect(chain("a"), "sync", {"log": []})[-1]
    assert isinstance(finished, RunFinished)
    assert (finished.status, finished.result, finished.error) == ("done", {"log": ["a"]}, None)


@drivers
def test_a_failing_run_ends_with_its_error(driver: str) -> None:
    def fail(state: State) -> None:
        raise ValueError("no")

    collect = sinks.Collect()
    graph = StateGraph(State).add_node("fail", fail).add_edge(START, "fail").compile()
    with pytest.raises(ValueError, match="no") as caught:
        if driver == "sync":
            graph.invoke({"log": []}, sinks=[collect])
        else:
            asyncio.run(graph.ainvoke({"log": []}, sinks=[collect]))
    *_, task, finished = collect.events
    assert isinstance(task, TaskFinished)
    assert task.error is caught.value
    assert isinstance(finished, RunFinished)
    assert (finished.status, finished.error) == ("failed", caught.value)


def test_a_closed_stream_ends_stopped() -> None:
    collect = sinks.Collect()
    stream = chain("a", "b").stream({"log": []}, sinks=[collect])
    next(stream)
    stream.close()
    finished = collect.events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.status == "stopped"


async def test_a_cancelled_run_ends_stopped_and_its_task_has_the_error() -> None:
    started = asyncio.Event()

    async def wait(state: State) -> None:
        started.set()
        await asyncio.sleep(30)

    collect = sinks.Collect()
    graph = StateGraph(State).add_node("wait", wait).add_edge(START, "wait").compile()
    run = asyncio.create_task(graph.ainvoke({"log": []}, sinks=[collect]))
    await started.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    task, finished = collect.events[-2:]
    assert isinstance(task, TaskFinished)
    assert isinstance(task.error, asyncio.CancelledError)
    assert isinstance(finished, RunFinished)
    assert finished.status == "stopped"


def test_an_interrupted_run_emits_its_interrupts_and_ends_interrupted() -> None:
    def ask(state: State) -> State:
        return {"log": [interrupt("really?")]}

    collect = sinks.Collect()
    config: Any = {"configurable": {"thread_id": "1"}}
    graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile(InMemorySaver())
    graph.invoke({"log": []}, config, sinks=[collect])
    interrupted = next(event for event in collect.events if isinstance(event, Interrupted))
    assert [item.value for item in interrupted.interrupts] == ["really?"]
    assert collect.events[-1].status == "interrupted"
    assert graph.invoke(Command(resume="yes"), config) == {"log": ["yes"]}


def test_events_of_a_subgraph_have_its_namespace() -> None:
    inner = chain("inside")
    graph = StateGraph(State).add_node("sub", inner).add_edge(START, "sub").compile()
    events = run_and_collect(graph, "sync", {"log": []})
    outer = next(event for event in events if isinstance(event, TaskStarted) and event.node == "sub")
    task = next(event for event in events if isinstance(event, TaskStarted) and event.node == "inside")
    assert task.ns == (f"sub:{outer.task_id}",)


@drivers
def test_a_model_call_emits_its_start_tokens_end_and_message(driver: str) -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("two words")]), tags=["joke"])
    graph = (
        StateGraph(MessagesState)
        .add_node("talk", lambda state: {"messages": [model.invoke("hi")]})
        .add_edge(START, "talk")
        .compile()
    )
    events = [event for event in run_and_collect(graph, driver, {"messages": ["hi"]}) if hasattr(event, "call_id")]
    started, *tokens, finished, message = events
    assert isinstance(started, CallStarted)
    assert started.tags == ("joke",)
    assert [token.message.content for token in tokens if isinstance(token, Token)] == ["two", " ", "words"]
    assert isinstance(finished, CallFinished)
    assert {event.call_id for event in events[:-1]} == {started.call_id}
    assert isinstance(message, Message)
    assert message.message.id == tokens[0].message.id


def test_a_model_that_fails_midway_has_emitted_its_first_tokens() -> None:
    class FailingModel(GenericFakeChatModel):
        def _stream(self, *args: Any, **kwargs: Any) -> Any:
            for count, chunk in enumerate(super()._stream(*args, **kwargs)):
                if count == 2:
                    raise ConnectionError("lost")
                yield chunk

    model = FailingModel(messages=iter([AIMessage("one two three")]))
    collect = sinks.Collect()
    graph = (
        StateGraph(MessagesState)
        .add_node("talk", lambda state: {"messages": [model.invoke("hi")]})
        .add_edge(START, "talk")
        .compile()
    )
    with pytest.raises(ConnectionError, match="lost"):
        graph.invoke({"messages": ["hi"]}, sinks=[collect])
    assert [event.message.content for event in collect.events if isinstance(event, Token)] == ["one", " "]
    assert [type(event.error) for event in collect.events if isinstance(event, CallFinished)] == [ConnectionError]


def test_every_saved_checkpoint_is_an_event() -> None:
    thread = {"configurable": {"thread_id": "1"}}
    events = run_and_collect(chain("a", checkpointer=InMemorySaver()), "sync", {"log": []}, config=thread)
    checkpoints = [event for event in events if isinstance(event, CheckpointSaved)]
    assert [(event.step, event.payload["next"]) for event in checkpoints] == [(-1, ["__start__"]), (0, ["a"]), (1, [])]


def test_sinks_of_the_call_the_graph_and_the_block_receive_the_same_events() -> None:
    call, compiled, block = sinks.Collect(), sinks.Collect(), sinks.Collect()
    graph = chain("a", sinks=[compiled])
    with sinks.attach(block):
        graph.invoke({"log": []}, sinks=[call])
    assert call.events == compiled.events == block.events
    assert event_types(call.events)[-1] is RunFinished


def test_a_sink_that_raises_changes_neither_the_run_nor_the_other_sinks(caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("broken sink")

    collect = sinks.Collect()
    assert chain("a").invoke({"log": []}, sinks=[broken, collect]) == {"log": ["a"]}
    assert event_types(collect.events)[-1] is RunFinished
    assert [record.name for record in caplog.records] == ["lgstream.sinks"]


def test_a_stream_and_a_sink_receive_the_same_updates() -> None:
    collect = sinks.Collect()
    chunks = list(chain("a", "b").stream({"log": []}, sinks=[collect]))
    assert chunks == [{event.node: event.data} for event in collect.events if isinstance(event, Update)]


def test_a_sink_that_wants_only_custom_events_receives_no_others() -> None:
    received: list[Event] = []

    class CustomSink:
        wants = frozenset((Custom,))

        def __call__(self, event: Event) -> None:
            received.append(event)

    def write(state: State, writer: StreamWriter) -> None:
        writer("data")

    graph = StateGraph(State).add_node("write", write).add_edge(START, "write").compile()
    graph.invoke({"log": []}, sinks=[CustomSink()])
    assert [event.data for event in received if isinstance(event, Custom)] == ["data"]
    assert event_types(received) == [Custom]
