"""What a user's type checker sees of the public API.

mypy checks the assertions in ``make types``: it fails if a public function loses its types, or if the lazy names of the
package hide them. pytest runs the same lines, which shows that the values are there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, TypedDict, assert_type

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

import lgstream
from lgstream import (
    END,
    START,
    Command,
    Event,
    MessagesState,
    Run,
    Send,
    Sink,
    StateGraph,
    attach,
    awatch,
    interrupt,
    watch,
)
from lgstream.checkpoint import memory
from lgstream.graph.state import CompiledStateGraph
from lgstream.pregel import Pregel
from lgstream.sinks import Collect
from lgstream.types import Interrupt, StateSnapshot

THREAD: RunnableConfig = {"configurable": {"thread_id": "1"}}


class State(TypedDict, total=False):
    topic: str
    joke: str


def refine(state: State) -> State:
    return {"topic": f"{state['topic']} and cats"}


def write(state: State) -> Command[str]:
    return Command(update={"joke": state["topic"]}, goto=END)


def joke_graph(checkpointer: InMemorySaver | None = None) -> CompiledStateGraph:
    builder = StateGraph(State)
    builder.add_node("refine", refine).add_node(write).add_edge(START, "refine").add_edge("refine", "write")
    return assert_type(builder.compile(checkpointer=checkpointer), CompiledStateGraph)


def test_start_and_end_are_strings():
    assert assert_type(START, str) == "__start__"
    assert assert_type(END, str) == "__end__"


def test_a_builder_returns_itself():
    builder = StateGraph(MessagesState)
    assert assert_type(builder.add_node("echo", lambda state: state), StateGraph[Any, Any, Any, Any]) is builder
    assert assert_type(builder.add_edge(START, "echo"), StateGraph[Any, Any, Any, Any]) is builder


def test_stream_is_an_iterator_and_invoke_returns_the_state():
    graph = joke_graph()
    chunks = assert_type(graph.stream({"topic": "owls"}, stream_mode="updates"), Iterator[Any])
    assert list(chunks) == [{"refine": {"topic": "owls and cats"}}, {"write": {"joke": "owls and cats"}}]
    assert assert_type(graph.invoke({"topic": "owls"}), Any)["joke"] == "owls and cats"


async def test_astream_is_an_async_iterator_and_ainvoke_is_awaited():
    graph = joke_graph()
    chunks = assert_type(graph.astream({"topic": "owls"}, stream_mode="values"), AsyncIterator[Any])
    assert [chunk["topic"] async for chunk in chunks] == ["owls", "owls and cats", "owls and cats"]
    assert assert_type(await graph.ainvoke({"topic": "owls"}), Any)["joke"] == "owls and cats"


def test_a_thread_has_snapshots():
    graph = joke_graph(InMemorySaver())
    graph.invoke({"topic": "owls"}, THREAD)
    assert assert_type(graph.get_state(THREAD), StateSnapshot).next == ()
    assert len(list(assert_type(graph.get_state_history(THREAD), Iterator[StateSnapshot]))) == 4
    assert assert_type(graph.update_state(THREAD, {"joke": "none"}), RunnableConfig)["configurable"]


def test_watch_returns_a_run():
    run = assert_type(watch(joke_graph(), {"topic": "owls"}), Run)
    assert assert_type(run.status, str) == "done"
    assert assert_type(run.result, Any)["joke"] == "owls and cats"
    assert assert_type(run.events, list[Event])


async def test_awatch_returns_a_run():
    assert assert_type(await awatch(joke_graph(), {"topic": "owls"}), Run).status == "done"


def test_a_question_is_answered_by_a_command():
    def ask(state: State) -> State:
        return {"joke": assert_type(interrupt("Which joke?"), Any)}

    graph = StateGraph(State).add_node(ask).add_edge(START, "ask").compile(checkpointer=InMemorySaver())
    question: Interrupt = graph.invoke({"topic": "owls"}, THREAD)["__interrupt__"][0]
    assert assert_type(question.id, str)
    answer = assert_type(Command[str](resume={question.id: "this one"}), Command[str])
    assert graph.invoke(answer, THREAD)["joke"] == "this one"


def test_a_send_has_a_node_and_an_argument():
    send = Send("write", {"topic": "owls"})
    assert assert_type(send.node, str) == "write"
    assert assert_type(send.arg, Any) == {"topic": "owls"}


def test_any_callable_that_takes_an_event_is_a_sink():
    class Counter:
        count = 0

        def __call__(self, event: Event) -> None:
            self.count += 1

    counter, collect = Counter(), Collect()
    sinks: list[Sink] = [counter, collect, lambda event: None]
    with attach(*sinks):
        joke_graph().invoke({"topic": "owls"})
    assert len(assert_type(collect.events, list[Event])) == assert_type(counter.count, int) > 0


def test_the_lazy_names_of_the_package_have_types():
    assert assert_type(lgstream.__version__, str)
    assert_type(lgstream.Timeline(), lgstream.Timeline)
    assert_type(lgstream.sinks.Collect(), Collect)
    builder = assert_type(lgstream.StateGraph(State), StateGraph[Any, Any, Any, Any])
    assert isinstance(builder, StateGraph)


def test_savers_and_graphs_keep_their_types_on_langgraphs_paths():
    assert_type(memory.InMemorySaver(), InMemorySaver)
    graph = StateGraph(State).add_node("a", lambda state: state).add_edge(START, "a").compile()
    compiled: Pregel = graph
    assert compiled is graph
