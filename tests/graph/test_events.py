"""The events of a run, as sinks get them."""

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


def says(name: str) -> Any:
    return lambda state: {"log": [name]}


def chain(*names: str, **options: Any) -> Any:
    graph = StateGraph(State)
    graph.add_sequence([(name, says(name)) for name in names])
    return graph.add_edge(START, names[0]).compile(**options)


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def run(graph: Any, driver: str, input: Any, **options: Any) -> list[Event]:
    collect = sinks.Collect()
    if driver == "sync":
        graph.invoke(input, sinks=[collect], **options)
    else:
        asyncio.run(graph.ainvoke(input, sinks=[collect], **options))
    return collect.events


drivers = pytest.mark.parametrize("driver", ["sync", "async"])


@drivers
def test_a_run_is_told_from_its_start_to_its_end(driver: str) -> None:
    assert kinds(run(chain("a", "b"), driver, {"log": []})) == [
        RunStarted, Values, TaskStarted, Update, TaskFinished, Values, TaskStarted, Update, TaskFinished, Values,
        RunFinished,
    ]  # fmt: skip


def test_the_first_event_tells_the_shape_of_the_graph() -> None:
    started = run(chain("a", "b", name="two steps"), "sync", {"log": []})[0]
    assert isinstance(started, RunStarted)
    assert started.graph == "two steps"
    assert started.shape is not None
    assert [node.name for node in started.shape.nodes] == ["a", "b"]
    assert [(edge.source, edge.target) for edge in started.shape.edges] == [
        ("__start__", "a"), ("a", "b"), ("b", "__end__"),
    ]  # fmt: skip


def test_the_last_event_tells_the_result() -> None:
    finished = run(chain("a"), "sync", {"log": []})[-1]
    assert isinstance(finished, RunFinished)
    assert (finished.status, finished.result, finished.error) == ("done", {"log": ["a"]}, None)


@drivers
def test_a_failing_run_ends_with_its_error(driver: str) -> None:
    def fails(state: State) -> None:
        raise ValueError("no")

    collect = sinks.Collect()
    graph = StateGraph(State).add_node("fails", fails).add_edge(START, "fails").compile()
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


async def test_a_cancelled_run_ends_stopped_and_tells_which_task_was_cancelled() -> None:
    started = asyncio.Event()

    async def waits(state: State) -> None:
        started.set()
        await asyncio.sleep(30)

    collect = sinks.Collect()
    graph = StateGraph(State).add_node("waits", waits).add_edge(START, "waits").compile()
    running = asyncio.create_task(graph.ainvoke({"log": []}, sinks=[collect]))
    await started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    task, finished = collect.events[-2:]
    assert isinstance(task, TaskFinished)
    assert isinstance(task.error, asyncio.CancelledError)
    assert isinstance(finished, RunFinished)
    assert finished.status == "stopped"


def test_an_interrupted_run_tells_the_question_and_ends_interrupted() -> None:
    def asks(state: State) -> State:
        return {"log": [interrupt("really?")]}

    collect = sinks.Collect()
    config: Any = {"configurable": {"thread_id": "1"}}
    graph = StateGraph(State).add_node("asks", asks).add_edge(START, "asks").compile(InMemorySaver())
    graph.invoke({"log": []}, config, sinks=[collect])
    asked = next(event for event in collect.events if isinstance(event, Interrupted))
    assert [question.value for question in asked.interrupts] == ["really?"]
    assert collect.events[-1].status == "interrupted"  # type: ignore[union-attr]
    assert graph.invoke(Command(resume="yes"), config) == {"log": ["yes"]}


def test_events_of_a_subgraph_carry_its_namespace() -> None:
    inner = chain("inside")
    graph = StateGraph(State).add_node("sub", inner).add_edge(START, "sub").compile()
    events = run(graph, "sync", {"log": []})
    outer = next(event for event in events if isinstance(event, TaskStarted) and event.node == "sub")
    task = next(event for event in events if isinstance(event, TaskStarted) and event.node == "inside")
    assert task.ns == (f"sub:{outer.task_id}",)


@drivers
def test_a_model_call_is_told_from_its_start_through_its_tokens_to_its_end(driver: str) -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage("two words")]), tags=["joke"])
    graph = (
        StateGraph(MessagesState)
        .add_node("talk", lambda state: {"messages": [model.invoke("hi")]})
        .add_edge(START, "talk")
        .compile()
    )
    events = [e for e in run(graph, driver, {"messages": ["hi"]}) if hasattr(e, "call_id")]
    started, *tokens, finished, message = events
    assert isinstance(started, CallStarted)
    assert started.tags == ("joke",)
    assert [token.message.content for token in tokens if isinstance(token, Token)] == ["two", " ", "words"]
    assert isinstance(finished, CallFinished)
    assert {event.call_id for event in events[:-1]} == {started.call_id}  # type: ignore[union-attr]
    assert isinstance(message, Message)
    assert message.message.id == tokens[0].message.id  # type: ignore[union-attr]


def test_a_model_that_fails_midway_has_told_its_first_tokens() -> None:
    class Breaks(GenericFakeChatModel):
        def _stream(self, *args: Any, **kwargs: Any) -> Any:
            for count, chunk in enumerate(super()._stream(*args, **kwargs)):
                if count == 2:
                    raise ConnectionError("lost")
                yield chunk

    model = Breaks(messages=iter([AIMessage("one two three")]))
    collect = sinks.Collect()
    graph = (
        StateGraph(MessagesState)
        .add_node("talk", lambda state: {"messages": [model.invoke("hi")]})
        .add_edge(START, "talk")
        .compile()
    )
    with pytest.raises(ConnectionError, match="lost"):
        graph.invoke({"messages": ["hi"]}, sinks=[collect])
    assert [e.message.content for e in collect.events if isinstance(e, Token)] == ["one", " "]
    assert [type(e.error) for e in collect.events if isinstance(e, CallFinished)] == [ConnectionError]


def test_a_saver_tells_of_its_checkpoints() -> None:
    thread = {"configurable": {"thread_id": "1"}}
    events = run(chain("a", checkpointer=InMemorySaver()), "sync", {"log": []}, config=thread)
    saved = [event for event in events if isinstance(event, CheckpointSaved)]
    assert [(event.step, event.payload["next"]) for event in saved] == [(-1, ["__start__"]), (0, ["a"]), (1, [])]


def test_sinks_of_the_call_of_the_graph_and_of_the_block_all_get_the_run() -> None:
    call, compiled, block = sinks.Collect(), sinks.Collect(), sinks.Collect()
    graph = chain("a", sinks=[compiled])
    with sinks.attach(block):
        graph.invoke({"log": []}, sinks=[call])
    assert call.events == compiled.events == block.events
    assert kinds(call.events)[-1] is RunFinished


def test_a_sink_that_raises_changes_neither_the_run_nor_the_other_sinks(caplog: pytest.LogCaptureFixture) -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("broken sink")

    collect = sinks.Collect()
    assert chain("a").invoke({"log": []}, sinks=[broken, collect]) == {"log": ["a"]}
    assert kinds(collect.events)[-1] is RunFinished
    assert [record.name for record in caplog.records] == ["lgstream.sinks"]


def test_a_stream_and_its_sinks_see_the_same_updates() -> None:
    collect = sinks.Collect()
    chunks = list(chain("a", "b").stream({"log": []}, sinks=[collect]))
    assert chunks == [{event.node: event.data} for event in collect.events if isinstance(event, Update)]


def test_a_sink_that_wants_custom_data_only_gets_nothing_else() -> None:
    got: list[Event] = []

    class Wants:
        wants = frozenset((Custom,))

        def __call__(self, event: Event) -> None:
            got.append(event)

    def writes(state: State, writer: StreamWriter) -> None:
        writer("data")

    graph = StateGraph(State).add_node("writes", writes).add_edge(START, "writes").compile()
    graph.invoke({"log": []}, sinks=[Wants()])
    assert [event.data for event in got if isinstance(event, Custom)] == ["data"]
    assert kinds(got) == [Custom]
