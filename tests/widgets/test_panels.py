"""The panels as widgets and as sinks."""

from __future__ import annotations

import json
import logging
import operator
from typing import Annotated, Any, TypedDict

import ipywidgets
import pytest
from langgraph.checkpoint.memory import InMemorySaver

import lgstream
from lgstream.graph import START, StateGraph
from lgstream.types import Command, interrupt
from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.tables import empty_tables
from lgstream.widgets.panels import GraphView, NamespaceTree, Panel, StateView, Timeline, TokenStream

PANELS = {TokenStream: "tokens", Timeline: "timeline", NamespaceTree: "tree", StateView: "state", GraphView: "graph"}
THREAD: Any = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    log: Annotated[list[str], operator.add]


def graph(node: Any, **compile_with: Any) -> Any:
    return StateGraph(State).add_node("node", node).add_edge(START, "node").compile(name="joke", **compile_with)


def write(state: State) -> State:
    return {"log": ["written"]}


def rows(panel: Panel, table: Any) -> list[dict[str, Any]]:
    """The rows of a table, after the run has ended and its last frame was sent."""
    shown: list[bool] = []
    panel.observe(lambda change: shown.append(bool(change["new"])), "ops_final")
    while not panel.ops_final:
        panel._finished.wait(0.01)
    return list(apply_operations(empty_tables(), [tuple(op) for op in json.loads(panel.ops_final)])[table].values())


@pytest.mark.parametrize("kind", PANELS)
def test_each_panel_has_its_part_and_is_exported(kind: type[Panel]):
    assert kind().part == PANELS[kind]
    assert getattr(lgstream, kind.__name__) is kind


@pytest.mark.parametrize("kind", PANELS)
def test_a_panel_shows_the_run_that_it_is_a_sink_of(kind: type[Panel]):
    panel = kind()
    assert list(graph(write).stream({"log": []}, sinks=[panel])) == [{"node": {"log": ["written"]}}]
    (task,) = rows(panel, "task")
    assert task["node"] == "node" and task["status"] == "done"
    assert panel.last_seq > 0


async def test_a_panel_shows_an_async_run():
    panel = Timeline()
    await graph(write).ainvoke({"log": []}, sinks=[panel])
    assert rows(panel, "run")[0]["status"] == "done"


def test_panels_of_one_run_share_only_its_events():
    one, two = Timeline(), StateView()
    graph(write).invoke({"log": []}, sinks=[one, two])
    assert rows(one, "tree") == rows(two, "tree")
    assert one.model_id != two.model_id


def test_panels_can_be_put_into_boxes():
    assert len(ipywidgets.HBox([NamespaceTree(), TokenStream()]).children) == 2


def test_a_resumed_run_continues_in_its_panel():
    def ask(state: State) -> State:
        return {"log": [interrupt("sure?")]}

    panel = Timeline()
    asks = graph(ask, checkpointer=InMemorySaver())
    asks.invoke({"log": []}, THREAD, sinks=[panel])
    assert rows(panel, "run")[0]["status"] == "waiting"
    asks.invoke(Command(resume="yes"), THREAD, sinks=[panel])
    while rows(panel, "run")[0]["status"] != "done":
        pass
    assert [task["status"] for task in rows(panel, "task")] == ["done", "done"]


def test_another_run_is_rejected_and_continues_without_the_panel(caplog: pytest.LogCaptureFixture):
    panel = Timeline()
    graph(write).invoke({"log": []}, sinks=[panel])
    with caplog.at_level(logging.ERROR, "lgstream.sinks"):
        assert graph(write).invoke({"log": []}, sinks=[panel]) == {"log": ["written"]}
    assert "make a new Timeline()" in caplog.text


def test_the_drawing_of_the_graph_comes_with_the_run():
    panel = GraphView()
    graph(write).invoke({"log": []}, sinks=[panel])
    shape = rows(panel, "run")[0]["shape"]
    assert shape["nodes"] == [{"name": "node"}] and ["__start__", "node", False, ""] in shape["edges"]
