"""Time travel in threads whose nodes are subgraphs."""

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list, operator.add]


def nested(lg: Any, c: Any, checkpointer: Any, asks: bool) -> Any:
    """Return a graph of ``before``, the subgraph ``sub`` (``one``, ``two``, which may interrupt) and ``after``."""

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
    g.add_node("sub", inner.compile(checkpointer=checkpointer))
    g.add_node("after", lambda state: {"log": ["after"]})
    g.add_edge(lg.START, "before")
    g.add_edge("before", "sub")
    g.add_edge("sub", "after")
    return g.compile(checkpointer=InMemorySaver())


def config_at_step(graph: Any, step: int) -> Any:
    snapshot = next(past for past in graph.get_state_history(THREAD) if past.metadata["step"] == step)
    return {"configurable": dict(snapshot.config["configurable"])}


@pytest.mark.parametrize("checkpointer", [None, True])
@pytest.mark.parametrize("asks", [False, True])
@pytest.mark.parametrize("step", [0, 1])
def test_a_replay_runs_subgraphs_from_their_state_at_that_time(
    same: Any, checkpointer: Any, asks: bool, step: int
) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(lg, c, checkpointer, asks)
        modes = ["updates", "values"]
        for _ in range(2):
            c.stream(graph, {"log": ["in"]}, THREAD, stream_mode=modes, subgraphs=True)
            if asks:
                c.stream(graph, lg.Command(resume="yes"), THREAD, stream_mode=modes, subgraphs=True)
        c.stream(graph, None, config_at_step(graph, step), stream_mode=[*modes, "checkpoints"], subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, lg.Command(resume="again"), THREAD, stream_mode=modes, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.flush_log()

    same(program)


@pytest.mark.parametrize("checkpointer", [None, True])
def test_an_interrupted_subgraph_has_a_state_and_a_history_in_its_namespace(same: Any, checkpointer: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(lg, c, checkpointer, True)
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


@pytest.mark.parametrize("checkpointer", [None, True])
@pytest.mark.parametrize("as_node", ["one", "two", None, "__input__"])
def test_the_state_of_an_interrupted_subgraph_can_be_updated(same: Any, checkpointer: Any, as_node: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(lg, c, checkpointer, True)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        where = graph.get_state(THREAD, subgraphs=True).tasks[0].state.config
        c.update_state(graph, where, {"log": ["put"]}, as_node=as_node)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, None, THREAD, subgraphs=True)
        c.stream(graph, lg.Command(resume="yes"), THREAD, subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.flush_log()

    same(program)


@pytest.mark.parametrize("checkpointer", [None, True])
@pytest.mark.parametrize("again", ["none", "resume", "update"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_run_can_start_at_a_checkpoint_of_a_subgraph(same: Any, checkpointer: Any, again: str, which: int) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = nested(lg, c, checkpointer, True)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        where = graph.get_state(THREAD, subgraphs=True).tasks[0].state.config
        history = list(graph.get_state_history({"configurable": {
            key: value for key, value in where["configurable"].items() if key != "checkpoint_id"
        }}))  # fmt: skip
        config = history[which].config
        if again == "update":
            config = c.update_state(graph, config, {"log": ["put"]}) or config
        graph_input = lg.Command(resume="yes") if again == "resume" else None
        c.stream(graph, graph_input, config, stream_mode=["updates", "checkpoints"], subgraphs=True)
        c.state(graph, THREAD, subgraphs=True)
        c.stream(graph, lg.Command(resume="later"), THREAD, subgraphs=True)
        c.flush_log()

    same(program)
