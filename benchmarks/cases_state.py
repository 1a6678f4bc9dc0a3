"""The shapes that langgraph's own benchmarks have, written anew; each without and with a saver."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from langchain_core.tools import StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, create_model

from benchmarks.case import Case, Work
from benchmarks.cases_loops import sequence
from benchmarks.cases_savers import checkpoints, on_a_thread
from benchmarks.graphs import in_any_order, settled, streamed
from benchmarks.models import Caller
from benchmarks.packages import Package, both

WIDTH = 25
LENGTH = 300


class Jokes(TypedDict):
    """The outer state of the fan-out."""

    subjects: list[str]
    jokes: Annotated[list[str], operator.add]


class Draft(TypedDict):
    """The state of a fan-out's subgraph."""

    subject: str
    jokes: list[str]
    revisions: int


def fan_out(package: Package, size: int) -> Any:
    """Each of ``size`` subjects goes through a subgraph that edits, writes, and revises twice."""
    inner = package.StateGraph(Draft)
    inner.add_node("edit", lambda state: {"subject": f"{state['subject']} - hohoho", "revisions": 0})
    inner.add_node("write", lambda state: {"jokes": [f"A joke about {state['subject']}"]})
    inner.add_node("revise", lambda state: {"jokes": [f"{state['jokes'][0]}!"], "revisions": state["revisions"] + 1})
    inner.add_edge(package.START, "edit")
    inner.add_edge("edit", "write")
    inner.add_edge("write", "revise")
    inner.add_conditional_edges("revise", lambda state: package.END if state["revisions"] >= 2 else "write")
    builder = package.StateGraph(Jokes)
    builder.add_node("joke", inner.compile())
    builder.add_conditional_edges(
        package.START, lambda state: [package.Send("joke", {"subject": each}) for each in state["subjects"]], ["joke"]
    )
    builder.add_edge("joke", package.END)
    return builder


def merge(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    return {**one, **two}


WideState = TypedDict(  # type: ignore[misc]
    "WideState", {f"field{i}": Annotated[list[Any], operator.add] for i in range(WIDTH)}
)
PydanticState: type[BaseModel] = create_model(
    "PydanticState",
    **{f"field{i}": (Annotated[list[Any], operator.add], []) for i in range(WIDTH)},  # type: ignore[call-overload]
)


class WideDict(TypedDict):
    """A state of one key that holds a wide dict."""

    fields: Annotated[dict[str, Any], merge]
    round: int


def payload() -> dict[str, Any]:
    """The input of the wide shapes: texts in every field."""
    return {f"field{i}": [f"{'text ' * 2}{j}" for j in range(LENGTH)] for i in range(WIDTH)}


def round_trip(package: Package, size: int, state: Any, update: Callable[[Any, int], Any]) -> Any:
    """A builder: five nodes in sequence, each of which reads all and writes a part, ``size`` times round."""
    names = [f"part{i}" for i in range(5)]
    rounds = {"left": size}

    def node(i: int) -> Callable[[Any], Any]:
        return lambda state: update(state, i)

    def again(state: Any) -> str:
        rounds["left"] -= 1
        if rounds["left"] > 0:
            return names[0]
        rounds["left"] = size
        return str(package.END)

    builder = package.StateGraph(state)
    for i, name in enumerate(names):
        builder.add_node(name, node(i))
    for one, two in zip([package.START, *names], names, strict=False):
        builder.add_edge(one, two)
    builder.add_conditional_edges(names[-1], again, [names[0], package.END])
    return builder


def wide(package: Package, size: int) -> Any:
    return round_trip(package, size, WideState, lambda state, i: {f"field{i * 5 + k}": [i] for k in range(5)})


def pydantic(package: Package, size: int) -> Any:
    return round_trip(package, size, PydanticState, lambda state, i: {f"field{i * 5 + k}": [i] for k in range(5)})


def wide_dict(package: Package, size: int) -> Any:
    return round_trip(
        package, size, WideDict, lambda state, i: {"fields": {f"field{i * 5 + k}": [i, k] for k in range(5)}}
    )


def shape(
    package: Package, size: int, *, builder: Callable[..., Any], input: Callable[[int], Any], saved: bool
) -> Work:
    """A run of a built graph."""
    built = builder(package, size)
    if not saved:
        return streamed(built.compile(), input(size), stream_mode="values")
    return on_a_thread(built.compile(checkpointer=InMemorySaver()), input(size))


def agent(package: Package, size: int, *, saved: bool) -> Work:
    """An agent with ``size`` tools that calls each once."""

    def tool(i: int) -> StructuredTool:
        return StructuredTool.from_function(lambda city: f"{city}: {i}", name=f"tool{i}", description="The weather.",
                                            args_schema=Place)  # fmt: skip

    saver = {"checkpointer": InMemorySaver()} if saved else {}
    graph = package.create_react_agent(Caller(count=size), [tool(i) for i in range(size)], **saver)
    input = {"messages": [("user", "What is the weather?")]}
    return on_a_thread(graph, input) if saved else streamed(graph, input, stream_mode="values")


class Place(BaseModel):
    """What the agent's tools ask for."""

    city: str


def steps_saved(result: Any) -> Any:
    """Chunks in any order, and how many checkpoints there are."""
    chunks, saver = result
    return in_any_order(chunks), len(checkpoints((chunks, saver))[1])


def subjects(size: int) -> Any:
    return {"subjects": [f"subject {i}" for i in range(size)]}


SHAPES: tuple[tuple[str, str, int, Callable[..., Any], Callable[[int], Any]], ...] = (
    ("fan-out to 10 subgraphs", "subgraph", 10, fan_out, subjects),
    ("fan-out to 100 subgraphs", "subgraph", 100, fan_out, subjects),
    ("wide state, 25 fields of 300", "round", 5, wide, lambda size: payload()),
    ("wide dict, 25 fields of 300", "round", 5, wide_dict, lambda size: {"fields": payload()}),
    ("pydantic state, 25 fields of 300", "round", 5, pydantic, lambda size: payload()),
    ("sequence of 10", "node", 10, sequence, lambda size: {"n": 0}),
)

CASES = tuple(
    case
    for saved, suffix in ((False, ""), (True, ", saved"))
    for case in (
        *(
            Case(
                f"{name}{suffix}", unit, size, both(shape, builder=builder, input=input, saved=saved),
                comparable=steps_saved if saved else settled,
            )
            for name, unit, size, builder, input in SHAPES
        ),
        *(
            Case(
                f"react agent with {size} tools{suffix}", "turn", size, both(agent, saved=saved),
                comparable=steps_saved if saved else settled,
            )
            for size in (10, 100)
        ),
    )
)  # fmt: skip
