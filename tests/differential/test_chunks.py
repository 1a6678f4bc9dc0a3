"""The shapes of chunks, besides those of the recorded cases."""

import operator
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}}
MODES = ["values", "updates", "tasks", "checkpoints", "debug"]


class Plain(TypedDict):
    log: Annotated[list, operator.add]
    n: int


@dataclass
class Data:
    log: Annotated[list, operator.add] = field(default_factory=list)
    n: int = 0


class Model(BaseModel):
    log: Annotated[list, operator.add] = []
    n: int = 0


class Narrow(BaseModel):
    n: int = 0


def counting(lg: Any, schema: Any, **options: Any) -> Any:
    g = lg.StateGraph(schema, **options)
    g.add_node("a", lambda state: {"log": ["a"]})
    g.add_node("b", lambda state: {"n": 1})
    g.add_edge(lg.START, "a")
    g.add_edge("a", "b")
    return g


@pytest.mark.parametrize("schema", [Plain, Data, Model])
def test_version_2_streams_states_as_instances_of_the_schema(same: Any, schema: type) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = counting(lg, schema).compile(checkpointer=InMemorySaver(), interrupt_before=["b"])
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES, version="v2")
        c.stream(graph, None, THREAD, stream_mode=MODES, version="v2")
        c.invoke(graph, {"log": ["in"]}, THREAD, version="v2")

    same(program)


def test_version_2_streams_values_as_instances_of_the_output_schema(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = counting(lg, Model, output_schema=Narrow).compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=MODES, version="v2")
        c.invoke(graph, {"log": ["in"]}, THREAD, version="v2")

    same(program)


def test_task_chunks_have_the_metadata_and_tags_of_the_user(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(Plain)
        g.add_node("a", lambda state: {"log": ["a"]}, metadata={"mine": 1})
        g.add_node("b", lambda state: {"log": ["b"]})
        g.add_edge(lg.START, "a")
        g.add_edge("a", "b")
        graph = g.compile()
        c.stream(graph, {"log": []}, stream_mode=["tasks", "debug"])
        c.stream(graph, {"log": []}, {"metadata": {"by": "me"}, "tags": ["t"]}, stream_mode=["tasks", "debug"])
        c.stream(graph, {"log": []}, {"configurable": {"user": "u", "thread_id": "1"}}, stream_mode="tasks")

    same(program)


def test_version_2_streams_interrupts_beside_the_values(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(Model)
        g.add_node("a", lambda state: {"log": [lg.interrupt("?")]})
        g.add_edge(lg.START, "a")
        graph = g.compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": []}, THREAD, stream_mode=MODES, version="v2")
        c.invoke(graph, lg.Command(resume="yes"), THREAD, version="v2")

    same(program)


@pytest.mark.parametrize("keys", ["n", ["n"], [], ["log", "n"]])
def test_output_keys_limit_chunks_and_results(same: Any, keys: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = counting(lg, Plain).compile()
        c.stream(graph, {"log": ["in"]}, stream_mode=MODES, output_keys=keys)
        c.invoke(graph, {"log": ["in"]}, output_keys=keys)
        c.invoke(graph, {"log": ["in"]}, output_keys=keys, stream_mode="updates")

    same(program)


def test_a_key_written_twice_by_a_task_has_both_writes_in_the_chunk(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def twice(state: Any) -> Any:
            return [lg.Command(update={"log": ["a"]}), {"log": ["b"]}, {"other": None}]

        class State(TypedDict):
            log: Annotated[list, operator.add]
            other: Annotated[Any, lambda old, new: new]

        g = lg.StateGraph(State)
        g.add_node("twice", twice)
        g.add_node("nothing", lambda state: lg.Command(update=[("other", None), ("other", 1), ("other", None)]))
        g.add_edge(lg.START, "twice")
        g.add_edge(lg.START, "nothing")
        graph = g.compile(checkpointer=InMemorySaver())
        c.stream(graph, {"log": []}, {**THREAD, "max_concurrency": 1}, stream_mode=MODES)
        c.history(graph, THREAD)

    same(program)


def test_a_remove_message_is_streamed_unless_the_node_read_the_removed_message(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        from langchain_core.messages import AIMessage, RemoveMessage

        g = lg.StateGraph(lg.MessagesState)
        g.add_node("a", lambda state: {"messages": [AIMessage("one", id="1"), AIMessage("two", id="2")]})
        g.add_node("b", lambda state: {"messages": [RemoveMessage(id="1")]})
        g.add_node("c", lambda state: {"messages": [RemoveMessage(id="__remove_all__"), AIMessage("new", id="3")]})
        g.add_edge(lg.START, "a")
        g.add_edge("a", "b")
        g.add_edge("b", "c")
        c.stream(g.compile(), {"messages": []}, stream_mode="messages")

    same(program)


def test_an_instance_of_a_class_is_an_update_of_its_fields(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        @dataclass
        class Some:
            log: list
            n: Any = None

        class Bare:
            log: list
            n: int

            def __init__(self) -> None:
                self.log = ["bare"]

        class Of(BaseModel):
            log: list = []
            n: Any = None

        for returned in (Some(["some"]), Bare(), Of(log=["of"]), Of(n=None), lg.Command(update=Some(["some"]))):
            g = lg.StateGraph(Plain)
            g.add_node("a", lambda state, returned=returned: returned)
            g.add_edge(lg.START, "a")
            c.stream(g.compile(), {"log": []}, stream_mode=["updates", "values"])

    same(program)


def test_all_messages_in_a_nodes_output_are_streamed(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        from langchain_core.messages import AIMessage

        def message(text: str) -> Any:
            return AIMessage(text, id=text)

        outputs = (
            {"no_key": message("a")},
            {"log": [message("b")], "n": {"deep": message("c")}},
            [lg.Command(update={"no_key": [message("d")]}), {"log": [message("e")]}],
            lg.Command(update=[("log", [message("f")])]),
            Data(log=[message("g")]),
            message("h"),
            {"log": [AIMessage("i")]},
        )
        for output in outputs:
            g = lg.StateGraph(Plain)
            g.add_node("a", lambda state, output=output: output)
            g.add_edge(lg.START, "a")
            c.stream(g.compile(), {"log": []}, stream_mode=["messages", "values"])

    same(program)


def test_messages_that_no_stream_shows_get_no_id(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        from langchain_core.messages import AIMessage

        inner = lg.StateGraph(Plain)
        inner.add_node("in", lambda state: {"log": [AIMessage("inside")]})
        inner.add_edge(lg.START, "in")
        graph = inner.compile()
        g = lg.StateGraph(Plain)
        g.add_node("a", lambda state: {"log": [graph.invoke({"log": []})["log"][0].id]})
        g.add_edge(lg.START, "a")
        c.stream(g.compile(), {"log": []}, stream_mode=["messages", "updates"])
        c.invoke(g.compile(), {"log": []})

    same(program)


@pytest.mark.parametrize("goto", [5, ["b", 5], "b", ("b",), "__end__", "nobody", [], None, "__start__"])
def test_the_goto_of_a_command_runs_nodes(same: Any, goto: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(Plain)
        g.add_node("a", lambda state: lg.Command(update={"log": ["a"]}, goto=goto))
        g.add_node("b", lambda state: {"log": ["b"]})
        g.add_edge(lg.START, "a")
        c.stream(g.compile(), {"log": []})

    same(program)


def test_a_node_may_return_a_send(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        for many in (False, True):
            g = lg.StateGraph(Plain)
            sent = lg.Send("b", {"log": ["sent"]})
            g.add_node("a", lambda state, sent=sent, many=many: [sent, sent] if many else sent)
            g.add_node("b", lambda state: {"log": [*state["log"], "b"]})
            g.add_edge(lg.START, "a")
            c.stream(g.compile(), {"log": ["in"]})

    same(program)


def test_input_after_a_command_that_ran_nothing_follows_its_update(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = counting(lg, Plain).compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.invoke(graph, lg.Command(resume="no question", update={"log": ["by the way"]}), THREAD)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.state(graph, THREAD)

    same(program)


@pytest.mark.parametrize("keys", ["n", ["n"], ["log"], ["log", "n"]])
def test_task_results_in_a_checkpoint_are_limited_to_the_output_keys(same: Any, keys: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(Plain)
        g.add_node("asks", lambda state: {"log": [lg.interrupt("?")]})
        g.add_node("done", lambda state: {"n": 1})
        g.add_edge(lg.START, "asks")
        g.add_edge(lg.START, "done")
        graph = g.compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=["checkpoints", "debug"], output_keys=keys)

    same(program)
