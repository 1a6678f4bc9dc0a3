"""What events say about nested graphs, calls of models and retrievers, routing functions and the run itself."""

from __future__ import annotations

from typing import Any, TypedDict

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver

from lgstream import events as ev
from lgstream.graph import END, START, MessagesState, StateGraph
from lgstream.prebuilt import ToolNode
from lgstream.sinks import Collect
from lgstream.types import Command, Send, interrupt
from tests.support.collected_events import arun, of, run


class State(TypedDict):
    x: int


def one_node_graph(name: str, node: Any, **options: Any) -> Any:
    graph = StateGraph(State).add_node("work", node).add_edge(START, "work")
    return graph.compile(name=name, **options)


def answering(text: str, **message: Any) -> GenericFakeChatModel:
    return GenericFakeChatModel(messages=iter([AIMessage(text, **message)]))


def two_tools_that_run_graphs() -> tuple[Any, Any]:
    """Return a graph with two tool calls in one task, each of which runs a graph, and its input."""

    @tool
    def ask_zoologist(question: str) -> str:
        """Ask."""
        model = answering("owls")
        one_node_graph("zoologist", lambda state: {"x": len(model.invoke("hi").text)}).invoke({"x": 1})
        return "owls"

    @tool
    def ask_botanist(question: str) -> str:
        """Ask."""
        one_node_graph("botanist", lambda state: {"x": 2}).invoke({"x": 1})
        return "oaks"

    graph = StateGraph(MessagesState).add_node(ToolNode([ask_zoologist, ask_botanist])).add_edge(START, "tools")
    calls = [
        {"name": "ask_zoologist", "args": {"question": "?"}, "id": "call-z", "type": "tool_call"},
        {"name": "ask_botanist", "args": {"question": "?"}, "id": "call-b", "type": "tool_call"},
    ]
    return graph.compile(), {"messages": [AIMessage("", tool_calls=calls)]}


@pytest.mark.parametrize("execute", [run, arun])
def test_a_graph_in_a_tool_names_itself_and_the_tool_call(execute: Any):
    events = execute(*two_tools_that_run_graphs())
    started = {event.graph: event for event in of(events, ev.GraphStarted)}
    assert {name: event.tool_call_id for name, event in started.items()} == {
        "zoologist": "call-z",
        "botanist": "call-b",
    }
    (task,) = [event for event in of(events, ev.TaskStarted) if event.node == "tools"]
    assert {(event.task_id, event.node) for event in started.values()} == {(task.task_id, "tools")}
    assert {event.ns[:1] for event in started.values()} == {(f"tools:{task.task_id}",)}


@pytest.mark.parametrize("execute", [run, arun])
def test_tasks_and_calls_of_a_graph_in_a_tool_know_the_tool_call(execute: Any):
    events = execute(*two_tools_that_run_graphs())
    graphs = {event.ns: event.tool_call_id for event in of(events, ev.GraphStarted)}
    inner = [event for event in of(events, ev.TaskStarted) if event.node == "work"]
    assert len(inner) == 2 and all(event.tool_call_id == graphs[event.ns] for event in inner)
    assert [event.tool_call_id for event in of(events, ev.CallStarted)] == ["call-z"]


@pytest.mark.parametrize("execute", [run, arun])
def test_code_after_a_tool_is_not_in_the_tool(execute: Any):
    @tool
    def search(query: str) -> str:
        """Search."""
        return answering("in").invoke(query).text

    def node(state: State) -> State:
        search.invoke({"query": "owls"})
        answering("after").invoke("hi")
        return {"x": 1}

    events = execute(one_node_graph("g", node), {"x": 1})
    (tool_started,) = of(events, ev.ToolStarted)
    assert [event.tool_call_id for event in of(events, ev.CallStarted)] == [tool_started.call_id, ""]


@pytest.mark.parametrize("execute", [run, arun])
def test_a_tool_in_a_tool_knows_the_tool_call_around_it(execute: Any):
    @tool
    def inner(query: str) -> str:
        """Search."""
        return "owls"

    @tool
    def outer(query: str) -> str:
        """Search."""
        return str(inner.invoke({"query": query}))

    def node(state: State) -> State:
        outer.invoke({"query": "owls"})
        return {"x": 1}

    started = {event.name: event for event in of(execute(one_node_graph("g", node), {"x": 1}), ev.ToolStarted)}
    assert started["outer"].tool_call_id == ""
    assert started["inner"].tool_call_id == started["outer"].call_id


def test_events_of_a_nested_graph_are_between_its_start_and_its_end():
    inner = one_node_graph("inner", lambda state: {"x": 2})
    events = run(one_node_graph("outer", inner), {"x": 1})
    ns = next(event.ns for event in events if event.ns)
    inside = [type(event) for event in events if event.ns == ns]
    assert inside[0] is ev.GraphStarted and inside[-1] is ev.GraphFinished
    (finished,) = of(events, ev.GraphFinished)
    assert (finished.graph, finished.node, finished.status, finished.error) == ("inner", "work", "done", None)


def test_a_nested_graph_that_raises_has_failed_with_the_error():
    def fail(state: State) -> State:
        raise ValueError("boom")

    sink = Collect()
    with pytest.raises(ValueError, match="boom"):
        one_node_graph("outer", one_node_graph("inner", fail)).invoke({"x": 1}, sinks=[sink])
    (finished,) = of(sink.events, ev.GraphFinished)
    assert finished.status == "failed" and str(finished.error) == "boom"


def test_a_nested_graph_that_asks_is_interrupted():
    inner = one_node_graph("inner", lambda state: {"x": interrupt("?")})
    outer = one_node_graph("outer", inner, checkpointer=InMemorySaver())
    events = run(outer, {"x": 1}, {"configurable": {"thread_id": "1"}})
    assert [(event.status, event.error) for event in of(events, ev.GraphFinished)] == [("interrupted", None)]


def test_a_nested_graph_that_hands_over_to_its_parent_is_done():
    inner = one_node_graph("inner", lambda state: Command(graph=Command.PARENT, update={"x": 3}))
    events = run(one_node_graph("outer", inner), {"x": 1})
    assert [(event.status, event.error) for event in of(events, ev.GraphFinished)] == [("done", None)]


@pytest.mark.parametrize("execute", [run, arun])
def test_all_events_of_a_run_have_its_id(execute: Any):
    graph, value = two_tools_that_run_graphs()
    events = execute(graph, value)
    assert {event.run_id for event in events} == {events[0].run_id} != {""}


def test_a_call_tells_what_was_sent_to_whom():
    def node(state: State) -> State:
        model = answering("hi").bind(tools=[{"name": "search"}], temperature=0.5)
        model.invoke([("human", "hello")])
        return {"x": 1}

    (call,) = of(run(one_node_graph("g", node), {"x": 1}), ev.CallStarted)
    assert [message.text for message in call.messages] == ["hello"]
    assert call.provider == "genericfakechatmodel"
    assert call.tools == [{"name": "search"}]
    assert call.parameters["temperature"] == 0.5 and "tools" not in call.parameters


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [({"finish_reason": "stop"}, "stop"), ({"stop_reason": "tool_use"}, "tool_use"), ({}, "")],
)
def test_a_call_tells_why_it_ended_and_which_model_answered(metadata: dict[str, str], reason: str):
    usage = {
        "input_tokens": 5, "output_tokens": 7, "total_tokens": 12,
        "input_token_details": {"cache_read": 4}, "output_token_details": {"reasoning": 2},
    }  # fmt: skip
    model = answering("", response_metadata={"model_name": "owl-2", **metadata}, usage_metadata=usage)

    model.disable_streaming = True

    def node(state: State) -> State:
        model.invoke("hi")
        return {"x": 1}

    (call,) = of(run(one_node_graph("g", node), {"x": 1}), ev.CallFinished)
    assert (call.finish_reason, call.model) == (reason, "owl-2")
    assert call.usage == usage


class Papers(BaseRetriever):
    def _get_relevant_documents(self, query: str, **kwargs: Any) -> list[Document]:
        if query == "fail":
            raise ValueError("boom")
        return [Document(query)]


@pytest.mark.parametrize("execute", [run, arun])
def test_a_retriever_begins_and_ends(execute: Any):
    def node(state: State) -> State:
        Papers().invoke("owls")
        return {"x": 1}

    events = execute(one_node_graph("g", node), {"x": 1})
    started, finished = of(events, ev.RetrieverStarted, ev.RetrieverFinished)
    (task,) = of(events, ev.TaskStarted)
    assert (started.name, started.query, started.task_id) == ("Papers", "owls", task.task_id)
    assert finished.call_id == started.call_id and finished.documents == [Document("owls")]


def test_a_retriever_that_raises_ends_with_the_error():
    def node(state: State) -> State:
        Papers().invoke("fail")
        return {"x": 1}

    sink = Collect()
    with pytest.raises(ValueError, match="boom"):
        one_node_graph("g", node).invoke({"x": 1}, sinks=[sink])
    (finished,) = of(sink.events, ev.RetrieverFinished)
    assert str(finished.error) == "boom" and finished.documents == ()


@pytest.mark.parametrize("execute", [run, arun])
def test_what_a_routing_function_chose_is_an_event(execute: Any):
    send = Send("b", {"x": 5})
    graph = (
        StateGraph(State)
        .add_node("a", lambda state: {"x": 2})
        .add_node("b", lambda state: {})
        .add_edge(START, "a")
        .add_conditional_edges("a", lambda state: ["yes", send, "stop"], {"yes": "b", "stop": END})
        .compile()
    )
    events = execute(graph, {"x": 1})
    (routed,) = of(events, ev.Routed)
    task = of(events, ev.TaskStarted)[0]
    assert (routed.node, routed.task_id, routed.step) == ("a", task.task_id, 1)
    assert routed.destinations == ("b", send, END)


def test_a_routing_function_at_the_start_belongs_to_no_task():
    def choose(state: State) -> str:
        return "a"

    graph = StateGraph(State).add_node("a", lambda state: {}).add_conditional_edges(START, choose, ["a"]).compile()
    (routed,) = of(run(graph, {"x": 1}), ev.Routed)
    assert (routed.node, routed.task_id, routed.branch, routed.destinations) == (START, "", "choose", ("a",))


def test_a_run_tells_its_thread_metadata_and_tags():
    config = {"configurable": {"thread_id": "t1"}, "metadata": {"user": "ada"}, "tags": ["demo"]}
    started = run(one_node_graph("g", lambda state: {}, checkpointer=InMemorySaver()), {"x": 1}, config)[0]
    assert (started.thread_id, started.metadata, started.tags) == ("t1", {"user": "ada"}, ("demo",))
    assert started.resumes == ""


THREAD: Any = {"configurable": {"thread_id": "1"}}


@pytest.mark.parametrize("durability", ["sync", "async", "exit"])
def test_a_resumed_run_names_the_run_that_it_resumes_in_another_process(tmp_path: Any, durability: Any):
    def execute(value: Any) -> list[Any]:
        with SqliteSaver.from_conn_string(str(tmp_path / "threads.db")) as saver:
            graph = one_node_graph("g", lambda state: {"x": interrupt(1) + interrupt(2)}, checkpointer=saver)
            sink = Collect()
            graph.invoke(value, THREAD, sinks=[sink], durability=durability)
            return sink.events

    first, second, third = execute({"x": 1}), execute(Command(resume=1)), execute(Command(resume=2))
    assert third[-1].status == "done" and third[-1].result == {"x": 3}
    assert (second[0].resumes, third[0].resumes) == (first[0].run_id, second[0].run_id)


def test_a_new_input_on_an_interrupted_thread_resumes_nothing():
    graph = one_node_graph("g", lambda state: {"x": interrupt("?")}, checkpointer=InMemorySaver())
    run(graph, {"x": 1}, THREAD)
    assert run(graph, {"x": 2}, THREAD)[0].resumes == ""


def test_the_run_id_in_the_metadata_of_a_checkpoint_names_the_run_to_resume():
    graph = one_node_graph("g", lambda state: {"x": interrupt("?")}, checkpointer=InMemorySaver())
    graph.invoke({"x": 1}, {**THREAD, "metadata": {"run_id": "r1"}})
    assert run(graph, Command(resume=2), THREAD)[0].resumes == "r1"


def test_nothing_of_an_observed_interrupted_run_shows_in_its_checkpoint():
    def node(state: State) -> State:
        return {"x": interrupt("?")}

    snapshots = []
    sinks: list[Any]
    for sinks in ([], [Collect()]):
        graph = one_node_graph("g", node, checkpointer=InMemorySaver())
        graph.invoke({"x": 1}, THREAD, sinks=sinks)
        snapshots.append(graph.get_state(THREAD))
    plain, observed = snapshots
    assert observed.metadata == plain.metadata
    assert [(task.name, task.result, len(task.interrupts)) for task in observed.tasks] == [("work", None, 1)]


def test_langgraph_resumes_an_observed_interrupted_run():
    from langgraph.graph import START as LG_START
    from langgraph.graph import StateGraph as LangGraph
    from langgraph.types import Command as LangGraphCommand
    from langgraph.types import interrupt as langgraph_interrupt

    saver = InMemorySaver()
    run(one_node_graph("g", lambda state: {"x": interrupt("?")}, checkpointer=saver), {"x": 1}, THREAD)
    node: Any = lambda state: {"x": langgraph_interrupt("?")}  # noqa: E731
    graph: Any = LangGraph(State).add_node("work", node).add_edge(LG_START, "work").compile(checkpointer=saver)
    assert graph.get_state(THREAD).next == ("work",)
    assert graph.invoke(LangGraphCommand(resume=7), THREAD) == {"x": 7}
