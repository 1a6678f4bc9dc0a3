"""Wrong arguments of runs, of their views and of what nodes return are refused by an exception that names them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import langgraph.graph
import pytest
from langchain_core.callbacks import BaseCallbackHandler
from typing_extensions import TypedDict

from lgstream.checkpoint.memory import InMemorySaver
from lgstream.errors import InvalidUpdateError
from lgstream.graph import START
from tests.misuse.graphs import (
    CONFIG,
    Command,
    Misuse,
    Run,
    Send,
    StateGraph,
    TokenStream,
    builder,
    compiled,
    draw,
    each_of,
    lgstream,
)

GOTO = "Command.goto is of type int, and must be a node's name, a Send or a list of them"
INPUTS = r"must be a list of inputs: put one into a list, \[input\]"


class State(TypedDict):
    x: int


def langgraph_graph() -> Any:
    state: Any = dict
    return langgraph.graph.StateGraph(state).add_node("a", lambda state: {}).add_edge(START, "a").compile()


async def chunks_of(config: Any) -> list[Any]:
    return [chunk async for chunk in compiled().astream({}, config)]


async def sleep_in_node() -> dict[str, Any]:
    return {}


def run_node(output: Callable[[], Any]) -> Any:
    return StateGraph(State).add_node("a", lambda state: output()).add_edge(START, "a").compile().invoke({"x": 0})


def routed(result: Any) -> Any:
    return builder().add_conditional_edges("a", lambda state: result, {"y": "a"}).compile().invoke({})


def with_step_timeout(seconds: Any) -> None:
    compiled().step_timeout = seconds


MISUSES: list[Misuse] = [
    ("invoke config", lambda: compiled().invoke({}, 5), TypeError, CONFIG),
    ("invoke thread id as config", lambda: compiled().invoke({}, "1"), TypeError, CONFIG),
    ("ainvoke config", lambda: asyncio.run(compiled().ainvoke({}, 5)), TypeError, CONFIG),
    ("stream config", lambda: list(compiled().stream({}, 5)), TypeError, CONFIG),
    ("astream config", lambda: asyncio.run(chunks_of(5)), TypeError, CONFIG),
    ("get_state config", lambda: builder().compile(InMemorySaver()).get_state(5), TypeError, CONFIG),
    ("with_config", lambda: compiled().with_config(5), TypeError, CONFIG),
    ("watch config", lambda: lgstream.watch(compiled(), {}, 5), TypeError, CONFIG),
    ("awatch config", lambda: asyncio.run(lgstream.awatch(compiled(), {}, 5)), TypeError, CONFIG),
    ("watch config of langgraph", lambda: lgstream.watch(langgraph_graph(), {}, 5), TypeError, CONFIG),
    (
        "configurable",
        lambda: compiled().invoke({}, {"configurable": "1"}),
        TypeError,
        r"config\['configurable'\] is of type str, and must be a dict",
    ),
    (
        "metadata",
        lambda: compiled().invoke({}, {"metadata": 5}),
        TypeError,
        r"config\['metadata'\] is of type int, and must be a dict",
    ),
    (
        "tags",
        lambda: compiled().invoke({}, {"tags": 5}),
        TypeError,
        r"config\['tags'\] is of type int, and must be a list",
    ),
    (
        "callbacks",
        lambda: compiled().invoke({}, {"callbacks": 5}),
        TypeError,
        r"config\['callbacks'\] is of type int, and must be a list of callback handlers or a callback manager",
    ),
    (
        "recursion_limit",
        lambda: compiled().invoke({}, {"recursion_limit": "x"}),
        TypeError,
        "recursion_limit must be a number of at least 1, not 'x'",
    ),
    (
        "max_concurrency of another type",
        lambda: compiled().invoke({}, {"max_concurrency": "x"}),
        TypeError,
        "max_concurrency must be a positive number, or None for no limit, not 'x'",
    ),
    (
        "max_concurrency below zero",
        lambda: compiled().invoke({}, {"max_concurrency": -1}),
        ValueError,
        "max_concurrency must be a positive number, or None for no limit, not -1",
    ),
    (
        "stream_mode",
        lambda: list(compiled().stream({}, stream_mode=5)),
        TypeError,
        "stream_mode is of type int, and must be a stream mode or a list of them",
    ),
    (
        "output_keys",
        lambda: compiled().invoke({}, output_keys=5),
        TypeError,
        "output_keys is of type int, and must be a state key or a list of them",
    ),
    (
        "interrupt_before of a run",
        lambda: compiled().invoke({}, interrupt_before=5),
        TypeError,
        r"interrupt_before is of type int, and must be a list of node names or '\*'",
    ),
    (
        "control",
        lambda: compiled().invoke({}, control=5),
        TypeError,
        r"control is of type int, and must be a RunControl: control=RunControl\(\)",
    ),
    (
        "watch keyword of langgraph",
        lambda: lgstream.watch(langgraph_graph(), {}, bogus=1),
        TypeError,
        r"invoke\(\) of this graph has no keyword argument 'bogus': its keyword arguments are .*stream_mode",
    ),
    (
        "awatch keyword of langgraph",
        lambda: asyncio.run(lgstream.awatch(langgraph_graph(), {}, bogus=1)),
        TypeError,
        r"invoke\(\) of this graph has no keyword argument 'bogus'",
    ),
    (
        "watch keyword",
        lambda: lgstream.watch(compiled(), {}, bogus=1),
        TypeError,
        "unexpected keyword argument 'bogus'",
    ),
    (
        "load",
        lambda: lgstream.load(5),
        TypeError,
        "source is of type int, and must be the path of a notebook or of a JSONL file, or the dict of a saved output",
    ),
    ("load_all", lambda: lgstream.load_all(b"runs.jsonl"), TypeError, "source is of type bytes, and must be the path"),
    (
        "load which",
        lambda: lgstream.load("runs.jsonl", "last"),
        TypeError,
        "which is 'last', and must be the index of a run, for example -1 for the last one",
    ),
    ("draw", lambda: draw(5), TypeError, "takes compiled graphs of lgstream and of langgraph"),
    ("draw xray", lambda: draw(compiled(), xray="all"), TypeError, "xray is 'all', and must be True or False"),
    ("batch", lambda: compiled().batch(5), TypeError, f"inputs is of type int, and {INPUTS}"),
    ("batch of a dict", lambda: compiled().batch({"x": 1}), TypeError, f"inputs is of type dict, and {INPUTS}"),
    ("abatch", lambda: asyncio.run(compiled().abatch(5)), TypeError, f"inputs is of type int, and {INPUTS}"),
    ("batch config", lambda: compiled().batch([{}], 5), TypeError, CONFIG),
    ("batch configs", lambda: compiled().batch([{}], [5]), TypeError, CONFIG),
    ("step_timeout", lambda: with_step_timeout("x"), TypeError, "step_timeout is of type str, and must be a number of"),
    (
        "a class of callbacks",
        lambda: compiled().invoke({}, {"callbacks": [BaseCallbackHandler]}),
        TypeError,
        r"config\['callbacks'\] contains the class BaseCallbackHandler, and must be a list of callback handlers",
    ),
    ("Send", lambda: Send(5, {}), TypeError, "The node of a Send is of type int, and must be the name of a node"),
    ("Send to a function", lambda: Send(print, {}), TypeError, "must be the name of a node"),
    (
        "coroutine that is not awaited",
        lambda: run_node(sleep_in_node),
        InvalidUpdateError,
        "Expected dict, got <coroutine .*>.* Make the node an async function and await the coroutine",
    ),
    ("Command goto", lambda: Command(goto=5), TypeError, GOTO),
    ("Command goto of an input", lambda: compiled().invoke(Command(goto=[5])), TypeError, GOTO),
    (
        "Command update",
        lambda: run_node(lambda: Command(update="x")),
        InvalidUpdateError,
        "Expected dict, got 'x' as Command.update",
    ),
    (
        "result of a routing function",
        lambda: routed("x"),
        KeyError,
        "The routing function '<lambda>' returned 'x', and must return keys of its path_map: 'y'",
    ),
    (
        "run",
        lambda: Run(5),
        TypeError,
        r"events is of type int, and must be a list of events, such as Collect\(\).events",
    ),
    (
        "size of a queue",
        lambda: lgstream.sinks.Queued(print, size="x"),
        TypeError,
        "size is of type str, and must be a number greater than 0",
    ),
]


@each_of(MISUSES)
def test_a_misuse_is_refused_by_a_clear_exception(
    misuse: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        misuse()


def test_a_breakpoint_of_a_run_that_is_a_name_stops_at_this_node_alone() -> None:
    reached: list[str] = []
    graph = StateGraph(dict)
    graph.add_node("view", lambda state: reached.append("view")).add_edge(START, "view")
    graph.add_node("review", lambda state: reached.append("review")).add_edge("view", "review")
    graph.compile().invoke({}, interrupt_before="review")
    assert reached == ["view"]


def test_a_keyword_that_langgraph_knows_is_passed_on() -> None:
    run = lgstream.watch(langgraph_graph(), {}, stream_mode="updates")
    assert run.result == [{"a": {}}]


def test_a_panel_that_was_refused_closes_without_an_error() -> None:
    with pytest.raises(TypeError):
        TokenStream(5)
    TokenStream.__new__(TokenStream).close()


def test_what_leads_nowhere_in_a_list_of_gotos_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    run_node(lambda: Command(goto=[5]))
    assert re.search(GOTO, caplog.text)
