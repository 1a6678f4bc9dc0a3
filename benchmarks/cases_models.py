"""What nodes say while they run: tokens of a model, custom data; and what it costs to watch."""

from __future__ import annotations

from functools import partial
from typing import Any, TypedDict

from benchmarks.case import Case, Work
from benchmarks.graphs import CONFIG, streamed
from benchmarks.models import Ear, Talker
from benchmarks.packages import Package, both, side
from benchmarks.watching import watched
from lgstream.types import StreamWriter


class Said(TypedDict):
    """The state."""

    text: str


def one_node(package: Package, node: Any) -> Any:
    """A compiled graph of this node."""
    builder = package.StateGraph(Said)
    builder.add_node("node", node)
    builder.add_edge(package.START, "node")
    builder.add_edge("node", package.END)
    return builder.compile()


def talking(package: Package, size: int, pause: float = 0.0) -> Any:
    """A compiled graph whose node calls a model that says ``size`` tokens."""
    model = Talker(tokens=size, pause=pause)
    return one_node(package, lambda state: {"text": model.invoke("go").text})


def streaming(package: Package, size: int, pause: float = 0.0) -> Any:
    """A compiled graph whose node streams the model itself: with nobody listening it costs the same."""
    model = Talker(tokens=size, pause=pause)
    return one_node(package, lambda state: {"text": "".join(chunk.text for chunk in model.stream("go"))})


def writes(package: Package, size: int, *, is_async: bool) -> Work:
    def write(state: Said, writer: StreamWriter) -> None:
        for n in range(size):
            writer(n)

    async def write_async(state: Said, writer: StreamWriter) -> None:
        for n in range(size):
            writer(n)

    graph = one_node(package, write_async if is_async else write)
    return streamed(graph, {"text": ""}, is_async=is_async, stream_mode="custom")


def tokens(package: Package, size: int) -> Work:
    return streamed(talking(package, size), {"text": ""}, stream_mode="messages")


def tokens_async(package: Package, size: int) -> Work:
    model = Talker(tokens=size)

    async def node(state: Said) -> Said:
        return {"text": (await model.ainvoke("go")).text}

    return streamed(one_node(package, node), {"text": ""}, is_async=True, stream_mode="messages")


def said(size: int, *, is_async: bool = False, heard: bool = False) -> Work:
    """What the model says by itself; ``heard`` by a handler that does nothing, as every graph has to hear it."""
    model = Talker(tokens=size)
    config: Any = {"callbacks": [Ear()] if heard else []}

    async def awaited() -> list[Any]:
        return [(chunk, {}) async for chunk in model.astream("go", config)]

    return awaited if is_async else lambda: [(chunk, {}) for chunk in model.stream("go", config)]


def unwatched(package: Package, size: int, *, pause: float = 0.0) -> Work:
    graph = streaming(package, size, pause)
    return lambda: graph.invoke({"text": ""}, CONFIG)


def watched_run(package: Package, size: int, *, pause: float = 0.0) -> Work:
    graph = streaming(package, size, pause)
    return lambda: watched(graph, {"text": ""})[0]


def texts(chunks: list[Any]) -> list[str]:
    """What was said, token by token."""
    return [message.text for message, _ in chunks]


CASES = (
    *(
        Case(
            f"20,000 custom writes, {'async' if is_async else 'sync'}", "write", 20_000,
            both(writes, is_async=is_async), {"langgraph": 1 / 4},
        )
        for is_async in (False, True)
    ),
    *(
        Case(
            f"5,000 tokens, messages, {'async' if is_async else 'sync'}", "token", 5000,
            {
                "model alone": partial(said, is_async=is_async),
                "model, heard": partial(said, is_async=is_async, heard=True),
                **both(tokens_async if is_async else tokens),
            },
            {"model alone": 1.1}, comparable=texts,
        )
        for is_async in (False, True)
    ),
    Case(
        "watched, 5,000 tokens as fast as they come", "token", 5000,
        {"unwatched": side(unwatched, "lgstream"), "lgstream": side(watched_run, "lgstream")},
        {"unwatched": 1.05},
    ),
    Case(
        "watched, 5,000 tokens with 0.4 ms between them", "token", 5000,
        {
            "unwatched": side(unwatched, "lgstream", pause=0.0004),
            "lgstream": side(watched_run, "lgstream", pause=0.0004),
        },
        {"unwatched": 1.05}, rounds=3,
    ),
)  # fmt: skip
