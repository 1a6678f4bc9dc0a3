"""Going back in threads whose nodes are subgraphs."""

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list, operator.add]


def nested(lg: Any, c: Any, kept: Any, asks: bool) -> Any:
    """START, ``before``, ``sub`` (``one``, ``two``, which may ask), ``after``."""

    def two(state: Any) -> dict:
        c.log.append(list(state["log"]))
        return {"log": [lg.interrupt("?") if asks else "two"]}

    inner = lg.StateGraph(State)
    inner.add_node("one", lambda state: {"log": ["one"]})
    inner.add_node("two", two)
    inner.add_edge(lg.START, "one")
    inner.add_edge("one", "two")
    g = lg.StateGraph(State)
    g.add_node("before", lambda state: {"log": ["before"]})
    g.add_node("sub", inner.compile(checkpointer=kept))
    g.add_node("after", lambda state: {"log": ["after"]})
    g.add_edge(lg.START, "before")
    g.add_edge("before", "sub")
    g.add_edge("sub", "after")
    return g.compile(checkpointer=InMemorySaver())


def at(graph: Any, step: int) -> Any:
    found = next(each for each in graph.get_state_history(THREAD) if each.metadata["step"] == step)
    return {"configurable": dict(found.config["configurable"])}


@pytest.mark.parametrize("kept", [None, True])
@pytest.mark.parametrize("asks", [False, True])
@pytest.mark.parametrize("step", [0, 1])
def test_a_replay_runs_subgraphs_again_from_the_state_they_had(same: Any, kept: Any, asks: bool, step: int) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(lg, c, kept, asks)
        modes = ["updates", "values"]
        for _ in range(2):
            c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=modes, subgraphs=True)
            if asks:
                c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=modes, subgraphs=True)
        c.stream(graph, None, at(graph, step), stream_mode=[*modes, "checkpoints"], subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, lg.Command(resume="again"), THREAD, stream_mode=modes, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.flush_log()

    same(program)


@pytest.mark.parametrize("kept", [None, True])
def test_a_subgraph_that_asked_shows_its_state_and_history_by_its_namespace(same: Any, kept: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(lg, c, kept, True)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.state(graph, THREAD)
        c.state(graph, THREAD, subgraphs=True)
        where = graph.get_state(THREAD).tasks[0].state
        c.state(graph, where)
        c.history(graph, where)
        c.state(graph, {"configurable": {"thread_id": "1", "checkpoint_ns": "sub"}})
        c.state(graph, {"configurable": {"thread_id": "1", "checkpoint_ns": "nobody"}})
        c.update_state(graph, {"configurable": {"thread_id": "1", "checkpoint_ns": "nobody"}}, {"log": ["x"]})

    same(program)


@pytest.mark.parametrize("kept", [None, True])
@pytest.mark.parametrize("as_node", ["one", "two", None, "__input__"])
def test_a_subgraphs_state_is_changed_while_it_waits(same: Any, kept: Any, as_node: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(lg, c, kept, True)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        where = graph.get_state(THREAD, subgraphs=True).tasks[0].state.config
        c.update_state(graph, where, {"log": ["put"]}, as_node=as_node)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, None, THREAD, subgraphs=True)
        c.stream(graph, lg.Command(resume="yes"), THREAD, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.flush_log()

    same(program)


@pytest.mark.parametrize("kept", [None, True])
@pytest.mark.parametrize("again", ["none", "resume", "update"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_run_begins_at_a_checkpoint_of_a_subgraph(same: Any, kept: Any, again: str, which: int) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(lg, c, kept, True)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        where = graph.get_state(THREAD, subgraphs=True).tasks[0].state.config
        history = list(graph.get_state_history({"configurable": {
            key: value for key, value in where["configurable"].items() if key != "checkpoint_id"
        }}))  # fmt: skip
        config = history[which].config
        if again == "update":
            config = c.update_state(graph, config, {"log": ["put"]}) or config
        given = lg.Command(resume="yes") if again == "resume" else None
        c.stream(graph, given, config, stream_mode=["updates", "checkpoints"], subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, lg.Command(resume="later"), THREAD, subgraphs=True)
        c.flush_log()

    same(program)
