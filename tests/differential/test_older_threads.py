"""Threads that LangGraph saved before version 0.5 continue as in LangGraph."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from tests.differential.packages import PackageName, package

THREAD: Any = {"configurable": {"thread_id": "1", "checkpoint_ns": ""}}
ID = "1ef663ba-28fe-6528-8002-5a559208592c"


class State(TypedDict, total=False):
    log: Annotated[list, operator.add]


def compiled_graph(lg: Any, **options: Any) -> Any:
    """Return a graph with each kind of edge: plain ones at one start and at several, and conditional ones."""
    g = lg.StateGraph(State)
    for name in ("a", "b", "c", "d"):
        g.add_node(name, lambda state, name=name: {"log": [name]})
    g.add_edge(lg.START, "a").add_edge("a", "b").add_edge(["b", "c"], "d")
    g.add_conditional_edges("a", lambda state: "c", ["c"])
    return g.compile(checkpointer=InMemorySaver(), **options)


def saved_checkpoint(values: dict[str, Any], seen: dict[str, list[str]], **fields: Any) -> dict[str, Any]:
    """Return a checkpoint of version 2. The later a channel comes in ``values``, the later its version is."""
    versions = {channel: f"{number:032}.0" for number, channel in enumerate(values, 1)}
    return {
        "v": 2,
        "ts": "2024-09-10T16:00:00+00:00",
        "id": ID,
        "channel_values": {channel: value for channel, value in values.items() if value is not None},
        "channel_versions": versions,
        "versions_seen": {
            "__input__": {},
            **{node: {channel: versions[channel] for channel in channels} for node, channels in seen.items()},
        },
        "pending_sends": [],
        **fields,
    }


AFTER_INPUT = saved_checkpoint({"__start__": None, "log": ["in"], "start:a": "__start__"}, {"__start__": ["__start__"]})
AFTER_A = saved_checkpoint(
    {"__start__": None, "start:a": None, "log": ["in", "a"], "a": "a", "branch:a:condition:c": "a"},
    {"__start__": ["__start__"], "a": ["start:a"]},
)
AT_BREAKPOINT = saved_checkpoint(
    {"__start__": None, "start:a": None, "log": ["in", "a"], "a": "a", "branch:a:condition:c": "a"},
    {"__start__": ["__start__"], "a": ["start:a"], "__interrupt__": ["__start__", "start:a"]},
)
AFTER_B_AND_C = saved_checkpoint(
    {
        "__start__": None,
        "start:a": None,
        "log": ["in", "a", "b", "c"],
        "a": None,
        "branch:a:condition:c": None,
        "b": "b",
        "c": "c",
        "join:b+c:d": {"b", "c"},
    },
    {"__start__": ["__start__"], "a": ["start:a"], "b": ["a"], "c": ["branch:a:condition:c"]},
)


def continued(name: PackageName, checkpoint: dict[str, Any], **options: Any) -> list[Any]:
    """Return what a package reads from the checkpoint, and the chunks and the history of runs that continue it."""
    lg = package(name)
    graph = compiled_graph(lg, **options)
    metadata: Any = {"source": "loop", "step": 1, "parents": {}}
    saver = graph.checkpointer
    saver.put(THREAD, checkpoint, metadata, checkpoint["channel_versions"])
    facts: list[Any] = [(graph.get_state(THREAD).next, graph.get_state(THREAD).values)]
    for _ in range(2):
        facts += [list(graph.stream(None, THREAD, stream_mode=["updates", "values"]))]
    facts += [[(snapshot.next, snapshot.values) for snapshot in graph.get_state_history(THREAD)]]
    return facts


@pytest.mark.parametrize("checkpoint", [AFTER_INPUT, AFTER_A, AT_BREAKPOINT, AFTER_B_AND_C])
@pytest.mark.parametrize("options", [{}, {"interrupt_before": ["b", "c", "d"]}, {"interrupt_after": ["a", "b"]}])
def test_a_thread_of_version_2_continues_as_in_langgraph(checkpoint: dict[str, Any], options: dict[str, Any]) -> None:
    ours = continued("lgstream", checkpoint, **options)
    assert ours == continued("langgraph", checkpoint, **options)
    assert ours[0][0]


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_writes_that_a_checkpoint_of_this_version_has_belong_to_the_same_task(version: int) -> None:
    def task_ids(name: PackageName) -> list[str]:
        graph = compiled_graph(package(name))
        checkpoint = {**AFTER_B_AND_C, "v": version}
        graph.checkpointer.put(THREAD, checkpoint, {"source": "loop", "step": 1}, checkpoint["channel_versions"])
        return [task.id for task in graph.get_state(THREAD).tasks]

    assert task_ids("lgstream") == task_ids("langgraph") != []


def test_sends_of_a_thread_of_version_3_run() -> None:
    def run(name: PackageName) -> Any:
        lg = package(name)
        sends = [lg.Send("b", {"log": ["sent"]})]
        return continued(name, saved_checkpoint({"__start__": None, "log": ["in"]}, {}, v=3, pending_sends=sends))

    ours = run("lgstream")
    assert ours == run("langgraph")
    assert ours[0][0] == ("b",)


def test_the_checkpoint_of_the_saver_is_not_changed() -> None:
    graph = compiled_graph(package("lgstream"))
    graph.checkpointer.put(THREAD, AFTER_A, {"step": 1}, AFTER_A["channel_versions"])
    graph.get_state(THREAD)
    assert "branch:a:condition:c" in graph.checkpointer.get(THREAD)["channel_versions"]


@pytest.mark.parametrize("name", ["langgraph", "lgstream"])
def test_a_second_interrupt_that_was_saved_with_the_id_of_the_first_is_answered(name: PackageName) -> None:
    lg = package(name)
    g = lg.StateGraph(State).add_edge(lg.START, "ask")
    g.add_node("ask", lambda state: {"log": [lg.interrupt("first?"), lg.interrupt("second?")]})
    graph = g.compile(checkpointer=InMemorySaver())
    graph.invoke({"log": []}, THREAD)
    (first,) = graph.get_state(THREAD).interrupts
    graph.invoke(lg.Command(resume={first.id: 1}), THREAD)
    state = graph.get_state(THREAD)
    saved = [("__interrupt__", (lg.Interrupt(value="second?", id=first.id),))]
    graph.checkpointer.put_writes(state.config, saved, state.tasks[0].id)
    assert graph.invoke(lg.Command(resume={first.id: 2}), THREAD) == {"log": [1, 2]}
