"""Streams inside the nodes of a graph: which stream shows what nested graphs emit, and what nested graphs inherit."""

import operator
from typing import Annotated, Any

import pytest
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.differential.packages import package
from tests.reference.models import WordModel

OWN_THREAD = {"configurable": {"thread_id": "child"}}
MODES = ["values", "updates", "custom", "messages", "tasks"]


class Plain(TypedDict):
    log: Annotated[list, operator.add]


class Model(BaseModel):
    log: Annotated[list, operator.add] = []


class Narrow(BaseModel):
    log: Annotated[list, operator.add] = []


class Other(BaseModel):
    needed: int


def one_node(lg: Any, name: str, action: Any, schema: Any = Plain, **options: Any) -> Any:
    g = lg.StateGraph(schema)
    g.add_node(name, action)
    g.add_edge(lg.START, name)
    return g.compile(**options)


def talking(lg: Any) -> Any:
    def talk(state: Any) -> Any:
        lg.get_stream_writer()("custom of the child")
        return {"log": [WordModel(fixed_id="1").invoke("hi").content]}

    return one_node(lg, "talk", talk)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("config", [None, OWN_THREAD, {"configurable": {"user": "u"}}, {"tags": ["t"]}])
def test_a_graph_called_in_a_node(same: Any, config: Any, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        child = talking(lg)
        for call in (child.invoke, lambda *args: list(child.stream(*args, stream_mode=MODES))):

            def caller(state: Any, call: Any = call) -> Any:
                call({"log": []}, config)
                return {"log": ["called"]}

            graph = one_node(lg, "caller", caller)
            for modes in ("messages", "custom", MODES):
                c.stream(graph, {"log": []}, stream_mode=modes, subgraphs=subgraphs)

    same(program)


@pytest.mark.parametrize("subgraphs", [False, True])
@pytest.mark.parametrize("modes", ["values", "custom", ["custom", "updates"]])
def test_custom_data_reach_the_innermost_stream_that_shows_them(same: Any, modes: Any, subgraphs: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        def leaf(state: Any) -> Any:
            lg.get_stream_writer()("leaf")
            return {"log": ["leaf"]}

        leaf_graph = one_node(lg, "leaf", leaf)

        def middle(state: Any) -> Any:
            lg.get_stream_writer()("middle")
            leaf_graph.invoke({"log": []})
            return {"log": ["middle"]}

        middle_graph = one_node(lg, "middle", middle)
        for middle_modes in ("custom", ["custom", "updates"], "updates"):
            for middle_subgraphs in (False, True):
                options = {"stream_mode": middle_modes, "subgraphs": middle_subgraphs}

                def outer(state: Any, options: Any = options) -> Any:
                    return {"log": [str(len(list(middle_graph.stream({"log": []}, **options))))]}

                c.stream(one_node(lg, "outer", outer), {"log": []}, stream_mode=modes, subgraphs=subgraphs)

    same(program)


@pytest.mark.parametrize("has_store", [(True, True), (True, False), (False, True)])
def test_a_nested_graph_has_the_store_of_the_root(same: Any, has_store: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        stores = [InMemoryStore() if wanted else None for wanted in has_store]

        def ask(state: Any) -> Any:
            return {"log": [[store is lg.get_store() for store in stores]]}

        inner = one_node(lg, "ask", ask, store=stores[1])
        for action in (inner, lambda state: inner.invoke(state), lambda state: inner.invoke(state, OWN_THREAD)):
            c.invoke(one_node(lg, "outer", action, store=stores[0]), {"log": []})

    same(program)


@pytest.mark.parametrize("schema", [Plain, Model])
@pytest.mark.parametrize("inner_schema", [Plain, Model, Narrow])
def test_version_2_makes_values_of_subgraphs_instances_too(same: Any, schema: Any, inner_schema: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        inner = one_node(lg, "in", lambda state: {"log": ["in"]}, inner_schema)
        graph = one_node(lg, "out", inner, schema)
        modes = ["values", "updates", "checkpoints", "debug"]
        c.stream(graph, {"log": []}, stream_mode=modes, subgraphs=True, version="v2")

    same(program)


def test_version_2_shows_values_that_do_not_fit_the_class_as_dicts() -> None:
    lg = package("lgstream")
    inner = one_node(lg, "in", lambda state: {"log": ["in"]}, Plain)

    def call(state: Any) -> Any:
        inner.invoke({"log": []})
        return {"needed": 2}

    graph = one_node(lg, "out", call, Other)
    chunks = graph.stream({"needed": 1}, stream_mode="values", subgraphs=True, version="v2")
    values = [chunk["data"] for chunk in chunks]
    assert values == [Other(needed=1), {"log": []}, {"log": ["in"]}, Other(needed=2)]
