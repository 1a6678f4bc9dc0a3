"""Graphs of the shapes in langgraph's own benchmarks, each without and with a checkpointer."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from langchain_core.tools import StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, create_model

from benchmarks.case import Case, Work
from benchmarks.cases_loops import sequence
from benchmarks.cases_savers import checkpoints, thread_work
from benchmarks.graph_runs import stream_work, unordered, without_ids
from benchmarks.models import ToolCaller
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
    """Return a builder: each of ``size`` subjects runs a subgraph that edits, writes, and revises twice."""
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
        package.START,
        lambda state: [package.Send("joke", {"subject": subject}) for subject in state["subjects"]],
        ["joke"],
    )
    builder.add_edge("joke", package.END)
    return builder


def merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    return {**left, **right}


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
    """Return the input of the wide states: texts in every field."""
    return {f"field{i}": [f"{'text ' * 2}{j}" for j in range(LENGTH)] for i in range(WIDTH)}


def round_trip(package: Package, size: int, state: Any, update: Callable[[Any, int], Any]) -> Any:
    """Return a builder: a loop of five nodes, each of which reads all fields and writes some, run ``size`` times."""
    names = [f"part{i}" for i in range(5)]
    remaining = {"rounds": size}

    def node(i: int) -> Callable[[Any], Any]:
        return lambda state: update(state, i)

    def again(state: Any) -> str:
        remaining["rounds"] -= 1
        if remaining["rounds"] > 0:
            return names[0]
        remaining["rounds"] = size
        return str(package.END)

    builder = package.StateGraph(state)
    for i, name in enumerate(names):
        builder.add_node(name, node(i))
    for start, end in zip([package.START, *names], names, strict=False):
        builder.add_edge(start, end)
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
    package: Package, size: int, *, builder: Callable[..., Any], make_input: Callable[[int], Any], has_saver: bool
) -> Work:
    """A run of the graph that ``builder`` returns."""
    graph_builder = builder(package, size)
    if not has_saver:
        return stream_work(graph_builder.compile(), make_input(size), stream_mode="values")
    return thread_work(graph_builder.compile(checkpointer=InMemorySaver()), make_input(size))


def agent(package: Package, size: int, *, has_saver: bool) -> Work:
    """An agent with ``size`` tools that calls each once."""

    def tool(i: int) -> StructuredTool:
        return StructuredTool.from_function(lambda city: f"{city}: {i}", name=f"tool{i}", description="The weather.",
                                            args_schema=Place)  # fmt: skip

    saver = {"checkpointer": InMemorySaver()} if has_saver else {}
    graph = package.create_react_agent(ToolCaller(count=size), [tool(i) for i in range(size)], **saver)
    graph_input = {"messages": [("user", "What is the weather?")]}
    return thread_work(graph, graph_input) if has_saver else stream_work(graph, graph_input, stream_mode="values")


class Place(BaseModel):
    """The argument of the agent's tools."""

    city: str


def chunks_and_checkpoint_count(result: Any) -> Any:
    """Return the chunks in a fixed order, and the number of checkpoints."""
    chunks, saver = result
    return unordered(chunks), len(checkpoints((chunks, saver))[1])


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
    for has_saver, suffix in ((False, ""), (True, ", saved"))
    for case in (
        *(
            Case(
                f"{name}{suffix}", unit, size, both(shape, builder=builder, make_input=make_input, has_saver=has_saver),
                comparable=chunks_and_checkpoint_count if has_saver else without_ids,
            )
            for name, unit, size, builder, make_input in SHAPES
        ),
        *(
            Case(
                f"react agent with {size} tools{suffix}", "turn", size, both(agent, has_saver=has_saver),
                comparable=chunks_and_checkpoint_count if has_saver else without_ids,
            )
            for size in (10, 100)
        ),
    )
)  # fmt: skip
