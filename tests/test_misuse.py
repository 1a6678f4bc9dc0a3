"""Wrong arguments are refused by an exception that names the argument, the rule and the remedy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import langgraph.graph
import pytest

import lgstream as typed_lgstream
from lgstream import func
from lgstream.checkpoint.memory import InMemorySaver
from lgstream.graph import START, StateGraph
from lgstream.notebook import draw as typed_draw
from lgstream.widgets import panels

# Wrong arguments are the subject, so these have no types.
lgstream: Any = typed_lgstream
draw: Any = typed_draw.draw
task: Any = func.task
entrypoint: Any = func.entrypoint
TokenStream: Any = panels.TokenStream


def builder() -> Any:
    return StateGraph(dict).add_node("a", lambda state: {}).add_edge(START, "a")


def compiled() -> Any:
    return builder().compile()


def langgraph_graph() -> Any:
    state: Any = dict
    return langgraph.graph.StateGraph(state).add_node("a", lambda state: {}).add_edge(START, "a").compile()


async def chunks_of(config: Any) -> list[Any]:
    return [chunk async for chunk in compiled().astream({}, config)]


CONFIG = r"config is of type \w+, and must be a dict, for example {'configurable': {'thread_id': '1'}}"

MISUSES: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
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
        "compile interrupt_before",
        lambda: builder().compile(interrupt_before=5),
        TypeError,
        r"interrupt_before is of type int, and must be a list of node names or '\*'",
    ),
    (
        "compile interrupt_after with a name",
        lambda: builder().compile(interrupt_after="a"),
        TypeError,
        r"interrupt_after is 'a', and must be a list of node names or '\*': put the name into a list, \['a'\]",
    ),
    (
        "compile store",
        lambda: builder().compile(store=5),
        TypeError,
        r"store is of type int, and must be a store, such as InMemoryStore\(\)",
    ),
    (
        "compile store class",
        lambda: builder().compile(store=InMemorySaver),
        TypeError,
        r"store is a class, and must be an instance: store=InMemorySaver\(\.\.\.\)",
    ),
    (
        "entrypoint store",
        lambda: entrypoint(store=5)(lambda x: x),
        TypeError,
        "store is of type int, and must be a store",
    ),
    (
        "compile cache",
        lambda: builder().compile(cache=5),
        TypeError,
        r"cache is of type int, and must be a cache, such as InMemoryCache\(\)",
    ),
    (
        "compile checkpointer",
        lambda: builder().compile(checkpointer=5),
        TypeError,
        r"Expected an instance of BaseCheckpointSaver \(such as InMemorySaver\(\)\), True, False or None. Received int",
    ),
    (
        "node cache_policy",
        lambda: builder().add_node("b", print, cache_policy=5),
        TypeError,
        r"cache_policy is of type int, and must be a CachePolicy: cache_policy=CachePolicy\(\)",
    ),
    (
        "node retry_policy",
        lambda: builder().add_node("b", print, retry_policy=5),
        TypeError,
        r"retry_policy is of type int, and must be a RetryPolicy or a list of them: retry_policy=RetryPolicy\(\)",
    ),
    (
        "node retry_policy in a list",
        lambda: builder().add_node("b", print, retry_policy=[5]),
        TypeError,
        "retry_policy contains an object of type int, and must be a RetryPolicy or a list of them",
    ),
    (
        "edge",
        lambda: builder().add_edge(5, "a"),
        TypeError,
        "start_key is of type int, and must be the name of a node or a list of names",
    ),
    (
        "path_map",
        lambda: builder().add_conditional_edges("a", lambda state: "a", 5),
        TypeError,
        "path_map is of type int, and must be a dict of results and node names, or a list of node names",
    ),
    ("task", lambda: task(5), TypeError, "@task decorates a function, not an object of type int"),
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
]


@pytest.mark.parametrize(
    ("misuse", "error", "message"), [case[1:] for case in MISUSES], ids=[case[0] for case in MISUSES]
)
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
