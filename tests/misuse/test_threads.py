"""Wrong arguments of the methods for saved states are refused by an exception that names argument and rule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from lgstream.checkpoint.memory import InMemorySaver
from lgstream.errors import InvalidUpdateError
from tests.misuse.graphs import Misuse, StateUpdate, builder, each_of

THREAD = {"configurable": {"thread_id": "1"}}
NO_THREAD = (
    "Checkpointer requires one or more of the following 'configurable' keys: thread_id, .* "
    r"Pass the id of the thread: config={'configurable': {'thread_id': '1'}}"
)
UPDATES = r"must be a list of lists of StateUpdate: \[\[StateUpdate\(values, as_node\)\]\]"


def thread(method: str, *args: Any, **options: Any) -> Any:
    """Return what a method of a graph with a saver returns; it is awaited, and what it yields is collected."""
    graph = builder().compile(InMemorySaver())
    graph.invoke({}, {"configurable": {"thread_id": "1"}})
    result = getattr(graph, method)(*args, **options)
    if hasattr(result, "__await__"):
        return asyncio.run(result)
    if hasattr(result, "__aiter__"):
        return asyncio.run(collected(result))
    return list(result)


async def collected(items: Any) -> list[Any]:
    return [item async for item in items]


THREADS: list[Misuse] = [
    ("get_state {}", lambda: thread("get_state", {}), ValueError, NO_THREAD),
    ("get_state None", lambda: thread("get_state", None), ValueError, NO_THREAD),
    ("get_state configurable", lambda: thread("get_state", {"configurable": {}}), ValueError, NO_THREAD),
    ("aget_state", lambda: thread("aget_state", {}), ValueError, NO_THREAD),
    ("get_state_history", lambda: thread("get_state_history", {}), ValueError, NO_THREAD),
    ("aget_state_history", lambda: thread("aget_state_history", {}), ValueError, NO_THREAD),
    ("update_state", lambda: thread("update_state", {}, {}), ValueError, NO_THREAD),
    ("aupdate_state", lambda: thread("aupdate_state", {}, {}), ValueError, NO_THREAD),
    (
        "get_state of a wrong configurable",
        lambda: thread("get_state", {"configurable": 5}),
        TypeError,
        r"config\['configurable'\] is of type int, and must be a dict",
    ),
    (
        "limit",
        lambda: thread("get_state_history", THREAD, limit="x"),
        TypeError,
        "limit is of type str, and must be a number, or None for all states",
    ),
    (
        "limit async",
        lambda: thread("aget_state_history", THREAD, limit="x"),
        TypeError,
        "limit is of type str, and must be a number, or None for all states",
    ),
    (
        "filter",
        lambda: thread("get_state_history", THREAD, filter=5),
        TypeError,
        "filter is of type int, and must be a dict",
    ),
    (
        "before",
        lambda: thread("get_state_history", THREAD, before=5),
        TypeError,
        "before is of type int, and must be the config of a checkpoint",
    ),
    (
        "supersteps",
        lambda: thread("bulk_update_state", THREAD, 5),
        TypeError,
        f"supersteps is of type int, and {UPDATES}",
    ),
    (
        "a list of updates",
        lambda: thread("bulk_update_state", THREAD, [StateUpdate({}, "a")]),
        TypeError,
        f"supersteps contains an object of type StateUpdate, and {UPDATES}",
    ),
    (
        "a dict as an update",
        lambda: thread("bulk_update_state", THREAD, [[{}]]),
        TypeError,
        f"A superstep contains an object of type dict, and {UPDATES}",
    ),
    ("as_node", lambda: thread("update_state", THREAD, {}, ["a"]), InvalidUpdateError, r"Node \['a'\] does not exist"),
]


@each_of(THREADS)
def test_a_misuse_is_refused_by_a_clear_exception(
    misuse: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        misuse()
