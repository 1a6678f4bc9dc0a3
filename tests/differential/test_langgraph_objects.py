"""Objects of the langgraph package in graphs of lgstream do what they do in langgraph's own graphs."""

from __future__ import annotations

from typing import Any

import langgraph.func
import langgraph.graph
import langgraph.types as theirs
import pytest
from langgraph.checkpoint.memory import InMemorySaver

import lgstream.func
import lgstream.graph
import lgstream.types as ours
from tests.differential.three_nodes import State, built

PACKAGES = [langgraph, lgstream]


def outcome(package: Any, first: Any, *, router: Any = None) -> Any:
    """Return the state after a run and the updates that the run streamed."""
    graph = built(package, first, router=router)
    return graph.invoke({"log": ["in"]}), list(graph.stream({"log": ["in"]}))


NODES = {
    "a command with a node and an update": lambda state: theirs.Command(goto="second", update={"note": "n"}),
    "a command with pairs": lambda state: theirs.Command(update=[("log", [1]), ("log", [2])]),
    "a command with several nodes": lambda state: theirs.Command(goto=["second", "third"]),
    "a command with a Send": lambda state: theirs.Command(goto=theirs.Send("second", {"note": "sent"})),
    "a command with a list of Sends": lambda state: theirs.Command(
        goto=[theirs.Send("second", {"note": "sent"}), "third"]
    ),
    "a list of commands": lambda state: [theirs.Command(goto="second"), theirs.Command(update={"note": "n"})],
    "a list of commands and updates": lambda state: [theirs.Command(goto="second"), {"note": "n"}],
    "an overwrite": lambda state: {"log": theirs.Overwrite(["new"])},
    "an overwrite in a command": lambda state: theirs.Command(update={"log": theirs.Overwrite(["new"])}),
}
ROUTERS = {
    "a Send": lambda state: theirs.Send("second", {"note": "sent"}),
    "a list of Sends": lambda state: [theirs.Send("second", {"note": "a"}), theirs.Send("second", {"note": "b"})],
    "a list of Sends and nodes": lambda state: [theirs.Send("second", {"note": "a"}), "third"],
}


@pytest.mark.parametrize("first", NODES.values(), ids=NODES)
def test_a_node_that_returns_objects_of_langgraph(first: Any) -> None:
    assert outcome(lgstream, first) == outcome(langgraph, first)


@pytest.mark.parametrize("router", ROUTERS.values(), ids=ROUTERS)
def test_a_routing_function_that_returns_objects_of_langgraph(router: Any) -> None:
    assert outcome(lgstream, lambda state: {}, router=router) == outcome(langgraph, lambda state: {}, router=router)


async def test_a_command_of_langgraph_in_an_async_run() -> None:
    async def first(state: State) -> Any:
        return theirs.Command(goto=[theirs.Send("second", {"note": "sent"})], update={"note": "n"})

    results = [await built(package, first).ainvoke({"log": []}) for package in PACKAGES]
    assert results[1] == results[0] == {"log": ["second sent"], "note": "n"}


CONFIG: Any = {"configurable": {"thread_id": "1"}}


def asking_graph() -> Any:
    return built(lgstream, lambda state: {"note": ours.interrupt("?")}, checkpointer=InMemorySaver())


def test_a_command_of_langgraph_answers_an_interrupt() -> None:
    graph = asking_graph()
    graph.invoke({"log": []}, CONFIG)
    assert graph.invoke(theirs.Command(resume="yes"), CONFIG) == {"log": [], "note": "yes"}


def test_a_command_of_langgraph_answers_an_interrupt_by_its_id() -> None:
    graph = asking_graph()
    (asked,) = graph.invoke({"log": []}, CONFIG)["__interrupt__"]
    assert graph.invoke(theirs.Command(resume={asked.id: "yes"}), CONFIG)["note"] == "yes"


@pytest.mark.parametrize("goto", ["second", theirs.Send("second", {"note": "u"})])
def test_a_command_of_langgraph_updates_a_thread_and_says_where_to_go_on(goto: Any) -> None:
    results = []
    for package in PACKAGES:
        graph = built(package, lambda state: {}, checkpointer=InMemorySaver())
        graph.invoke({"log": []}, CONFIG)
        results.append(graph.invoke(theirs.Command(update={"note": "u"}, goto=goto), CONFIG))
    assert results[1] == results[0] == {"log": ["second u"], "note": "u"}


def test_update_state_takes_a_command_of_langgraph() -> None:
    results = []
    for package in PACKAGES:
        graph = built(package, lambda state: {}, checkpointer=InMemorySaver())
        graph.invoke({"log": []}, CONFIG)
        graph.update_state(CONFIG, theirs.Command(update={"note": "u"}, goto="third"), as_node="first")
        graph.bulk_update_state(CONFIG, [[theirs.StateUpdate({"log": ["bulk"]}, "first")]])
        results.append((graph.get_state(CONFIG).values, graph.get_state(CONFIG).next))
    assert results[1] == results[0]


def test_a_command_of_langgraph_for_the_parent_graph_reaches_it() -> None:
    def hand_over(state: State) -> Any:
        return theirs.Command(graph=theirs.Command.PARENT, goto="second", update={"note": "up"})

    results = [outcome(package, built(package, hand_over)) for package in PACKAGES]
    assert results[1] == results[0]


def test_a_command_of_langgraph_from_a_node_that_returns_a_runnable() -> None:
    from langchain_core.runnables import RunnableLambda

    runnable: Any = RunnableLambda(lambda state: theirs.Command(goto="second"))
    assert outcome(lgstream, lambda state: runnable) == outcome(langgraph, lambda state: runnable)


@pytest.mark.parametrize(
    "annotation", [None, langgraph.func.entrypoint.final, langgraph.func.entrypoint.final[int, int]]
)
def test_final_of_langgraph_in_an_entrypoint(annotation: Any) -> None:
    results = []
    for package in PACKAGES:

        def double(value: int, *, previous: Any) -> Any:
            return langgraph.func.entrypoint.final(value=[value, previous], save=value * 2)

        double.__annotations__["return"] = annotation or Any
        graph: Any = package.func.entrypoint(checkpointer=InMemorySaver())(double)
        results.append([graph.invoke(3, CONFIG), graph.invoke(4, CONFIG)])
    assert results[1] == results[0] == [[3, None], [4, 6]]
