"""Wrong arguments of builders, schemas and policies are refused by an exception that names argument and rule."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import langgraph.types
import pytest

from lgstream.cache.memory import InMemoryCache
from lgstream.checkpoint.memory import InMemorySaver
from lgstream.graph import START
from tests.misuse.graphs import (
    TYPE,
    CachePolicy,
    Misuse,
    RetryPolicy,
    Send,
    StateGraph,
    TimeoutPolicy,
    builder,
    each_of,
    entrypoint,
    prebuilt,
    task,
)

LanggraphRetryPolicy: Any = langgraph.types.RetryPolicy

ACTION = "must be a function, a Runnable, a compiled graph or a dict of them"
SECONDS = "must be a number of seconds or a timedelta"


def retried(**fields: Any) -> Any:
    return builder().add_node("b", print, retry_policy=RetryPolicy(**fields))


def cached(**fields: Any) -> Any:
    return builder().add_node("b", print, cache_policy=CachePolicy(**fields))


def cached_run(**fields: Any) -> Any:
    graph = StateGraph(dict).add_node("a", lambda state: {}, cache_policy=CachePolicy(**fields)).add_edge(START, "a")
    return graph.compile(cache=InMemoryCache()).invoke({})


MISUSES: list[Misuse] = [
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
        r"store is the class InMemorySaver, and must be an instance: store=InMemorySaver\(\.\.\.\)",
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
        r"checkpointer is of type int, and must be a saver, such as InMemorySaver\(\), True, False or None",
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
    ("task", lambda: task(5), TypeError, "What @task decorates is of type int, and must be a function"),
    ("context_schema", lambda: StateGraph(dict, 5), TypeError, f"context_schema is of type int, and {TYPE}"),
    (
        "context_schema of an entrypoint",
        lambda: entrypoint(context_schema=5)(lambda x: x),
        TypeError,
        f"context_schema is of type int, and {TYPE}",
    ),
    (
        "output_schema",
        lambda: StateGraph(dict, output_schema=5),
        TypeError,
        f"output_schema is of type int, and {TYPE}",
    ),
    ("state_schema", lambda: StateGraph({"x": int}), TypeError, f"state_schema is of type dict, and {TYPE}"),
    (
        "input_schema of a node",
        lambda: builder().add_node("b", print, input_schema=5),
        TypeError,
        f"input_schema is of type int, and {TYPE}",
    ),
    ("node", lambda: builder().add_node("b", 5), TypeError, f"The action of node 'b' is of type int, and {ACTION}"),
    (
        "class of a Runnable",
        lambda: builder().add_node("b", prebuilt.ToolNode),
        TypeError,
        r"The action of node 'b' is the class ToolNode, and must be an instance: ToolNode\(\.\.\.\)",
    ),
    (
        "graph that is not compiled",
        lambda: builder().add_node("b", builder()),
        TypeError,
        rf"The action of node 'b' is of type StateGraph, and {ACTION}: compile it, builder.compile\(\)",
    ),
    ("path", lambda: builder().add_conditional_edges("a", 5), TypeError, f"path is of type int, and {ACTION}"),
    (
        "error handler of all nodes",
        lambda: builder().set_node_defaults(error_handler=5),
        TypeError,
        f"error_handler is of type int, and {ACTION}",
    ),
    ("metadata of a node", lambda: builder().add_node("b", print, metadata=5), TypeError, "metadata is of type int"),
    (
        "destinations",
        lambda: builder().add_node("b", print, destinations="a"),
        TypeError,
        "destinations is of type str, and must be a tuple of node names, or a dict",
    ),
    (
        "add_sequence",
        lambda: builder().add_sequence(5),
        TypeError,
        "nodes is of type int, and must be a list of functions",
    ),
    (
        "edge to a list",
        lambda: builder().add_edge("a", ["b", "c"]),
        TypeError,
        "end_key is of type list, and must be the name of a node: add an edge to each node",
    ),
    (
        "routing function of a list",
        lambda: builder().add_conditional_edges(["a"], lambda state: "a"),
        TypeError,
        "source is of type list, and must be the name of a node: add the routing function to each node",
    ),
    (
        "compile with the class of a saver",
        lambda: builder().compile(InMemorySaver),
        TypeError,
        r"checkpointer is the class InMemorySaver, and must be an instance: checkpointer=InMemorySaver\(\.\.\.\)",
    ),
    (
        "compile with what from_conn_string() returns",
        lambda: builder().compile(nullcontext(InMemorySaver())),
        TypeError,
        "checkpointer is of type nullcontext, and must be a saver, .*: open it, with SqliteSaver.from_conn_string",
    ),
    (
        "builder as a graph",
        lambda: builder().invoke({}),
        AttributeError,
        r"'StateGraph' object has no attribute 'invoke': compile it, builder.compile\(\).invoke\(\.\.\.\)",
    ),
    (
        "task outside of an entrypoint",
        lambda: task(print)(),
        RuntimeError,
        "Called get_config outside of a runnable context: no node is running here",
    ),
    (
        "entrypoint without parentheses",
        lambda: entrypoint(lambda x: x),
        TypeError,
        r"checkpointer is of type function, and must be a saver: write @entrypoint\(\), with parentheses",
    ),
    ("entrypoint", lambda: entrypoint()(5), TypeError, r"What @entrypoint\(\) decorates is of type int"),
]

POLICIES: list[Misuse] = [
    *(
        (
            f"RetryPolicy {field}",
            partial(retried, **{field: "x"}),
            TypeError,
            f"RetryPolicy.{field} is of type str, and",
        )
        for field in ("initial_interval", "backoff_factor", "max_interval", "max_attempts", "retry_on")
    ),
    (
        "RetryPolicy retry_on",
        lambda: retried(retry_on=int),
        TypeError,
        "must be an exception class, a list of them or a",
    ),
    (
        "class RetryPolicy",
        lambda: builder().add_node("b", print, retry_policy=RetryPolicy),
        TypeError,
        r"retry_policy is the class RetryPolicy, and must be a RetryPolicy .*: retry_policy=RetryPolicy\(\)",
    ),
    (
        "RetryPolicy of langgraph",
        lambda: builder().add_node("b", print, retry_policy=LanggraphRetryPolicy(max_attempts="x")),
        TypeError,
        "RetryPolicy.max_attempts is of type str, and must be a number",
    ),
    ("CachePolicy ttl", lambda: cached(ttl="x"), TypeError, "CachePolicy.ttl is of type str, and must be a number of"),
    (
        "CachePolicy key_func",
        lambda: cached(key_func=5),
        TypeError,
        "CachePolicy.key_func is of type int, and must be a",
    ),
    (
        "result of key_func",
        lambda: cached_run(key_func=lambda state: 5),
        TypeError,
        "The result of CachePolicy.key_func is of type int, and must be str or bytes",
    ),
    (
        "class CachePolicy",
        lambda: builder().add_node("b", print, cache_policy=CachePolicy),
        TypeError,
        r"cache_policy is the class CachePolicy, and must be a CachePolicy: cache_policy=CachePolicy\(\)",
    ),
    ("cache_policy of an entrypoint", lambda: entrypoint(cache_policy=5), TypeError, "cache_policy is of type int"),
    (
        "timeout",
        lambda: builder().add_node("b", print, timeout="x"),
        TypeError,
        f"timeout is of type str, and {SECONDS}",
    ),
    ("timeout of a Send", lambda: Send("a", {}, timeout="x"), TypeError, f"timeout is of type str, and {SECONDS}"),
    (
        "idle_timeout",
        lambda: builder().add_node("b", print, timeout=TimeoutPolicy(idle_timeout="x")),
        TypeError,
        f"idle_timeout is of type str, and {SECONDS}",
    ),
]


@each_of([*MISUSES, *POLICIES])
def test_a_misuse_is_refused_by_a_clear_exception(
    misuse: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        misuse()
