"""What routing functions get, and what their return values mean."""

import operator
from typing import Annotated, Any

from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict


class Narrow(TypedDict):
    log: list


def test_a_routing_function_gets_the_nodes_output_besides_the_nodes_schema(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        class State(TypedDict):
            log: Annotated[list, operator.add]
            n: int

        def a(state: Narrow) -> dict:
            return {"log": ["a"], "n": 1, "no_key_of_the_state": 2}

        def route(state: Any) -> str:
            c.log.append(dict(state))
            return lg.END

        g = lg.StateGraph(State)
        g.add_node("a", a)
        g.add_edge(lg.START, "a")
        g.add_conditional_edges("a", route)
        c.stream(g.compile(), {"log": ["in"]})
        c.flush_log()

    same(program)


def test_a_routing_function_with_its_own_schema_gets_only_its_keys(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        class State(TypedDict):
            log: Annotated[list, operator.add]
            n: int

        def route(state: Narrow) -> str:
            c.log.append(dict(state))
            return lg.END

        g = lg.StateGraph(State)
        g.add_node("a", lambda state: {"log": ["a"], "n": 1})
        g.add_edge(lg.START, "a")
        g.add_conditional_edges("a", route)
        c.stream(g.compile(), {"log": ["in"]})
        c.flush_log()

    same(program)


def test_a_routing_function_at_the_start_gets_the_unchanged_input(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        class State(TypedDict):
            log: Annotated[list, operator.add]
            n: int

        def route(state: Any) -> str:
            c.log.append(dict(state))
            return "a"

        g = lg.StateGraph(State, input_schema=Narrow)
        g.add_node("a", lambda state: {"log": ["a"]})
        g.add_conditional_edges(lg.START, route)
        c.stream(g.compile(), {"log": ["in"], "n": 5, "more": 1})
        c.flush_log()

    same(program)


def test_a_routing_function_reads_short_lived_channels_as_after_the_superstep(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        class State(TypedDict):
            log: Annotated[list, operator.add]
            brief: Annotated[str, lg.EphemeralValue]
            topic: Annotated[list, lg.Topic(str)]

        def route(state: Any) -> str:
            c.log.append(dict(state))
            return lg.END if len(state["log"]) > 2 else "b"

        g = lg.StateGraph(State)
        g.add_node("a", lambda state: {"log": ["a"], "brief": "a", "topic": ["a"]})
        g.add_node("b", lambda state: {"log": ["b"]})
        g.add_edge(lg.START, "a")
        g.add_conditional_edges("a", route)
        g.add_conditional_edges("b", route)
        c.stream(g.compile(), {"log": []})
        c.flush_log()

    same(program)


def test_a_routing_function_cannot_return_start(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        class State(TypedDict):
            log: Annotated[list, operator.add]

        g = lg.StateGraph(State)
        g.add_node("a", lambda state: {"log": ["a"]})
        g.add_edge(lg.START, "a")
        g.add_conditional_edges("a", lambda state: lg.START)
        c.stream(g.compile(checkpointer=InMemorySaver()), {"log": []}, {"configurable": {"thread_id": "1"}})

    same(program)
