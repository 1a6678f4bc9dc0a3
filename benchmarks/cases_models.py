"""What nodes say while they run: tokens of a model, custom data; and what it costs to watch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

from langchain_core.language_models import BaseChatModel

from benchmarks.case import Case, Work
from benchmarks.graphs import CONFIG, streamed
from benchmarks.models import Ear, Talker
from benchmarks.packages import Package, both, side
from benchmarks.provider import address
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


Maker = Callable[[int], BaseChatModel]
"""Makes a model that says this many tokens."""


def talker(size: int, pause: float = 0.0) -> BaseChatModel:
    return Talker(tokens=size, pause=pause)


def client(size: int) -> BaseChatModel:
    """A provider's model, as a user has it."""
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    return ChatOpenAI(model=f"words-{size}", base_url=address(), api_key=SecretStr("none"))


def talking(package: Package, size: int, make: Maker = talker, *, is_async: bool = False) -> Any:
    """A compiled graph whose node calls a model that says ``size`` tokens."""
    model = make(size)

    def node(state: Said) -> Said:
        return {"text": model.invoke("go").text}

    async def node_async(state: Said) -> Said:
        return {"text": (await model.ainvoke("go")).text}

    return one_node(package, node_async if is_async else node)


def streaming(package: Package, size: int, make: Maker = talker) -> Any:
    """A compiled graph whose node streams the model itself: with nobody listening it costs the same."""
    model = make(size)
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


def tokens(package: Package, size: int, *, make: Maker = talker, is_async: bool = False) -> Work:
    graph = talking(package, size, make, is_async=is_async)
    return streamed(graph, {"text": ""}, is_async=is_async, stream_mode="messages")


def said(size: int, *, make: Maker = talker, is_async: bool = False, heard: bool = False) -> Work:
    """What the model says by itself; ``heard`` by a handler that does nothing, as every graph has to hear it."""
    model = make(size)
    config: Any = {"callbacks": [Ear()] if heard else []}

    async def awaited() -> list[Any]:
        return [(chunk, {}) async for chunk in model.astream("go", config)]

    return awaited if is_async else lambda: [(chunk, {}) for chunk in model.stream("go", config)]


def unwatched(package: Package, size: int, *, make: Maker) -> Work:
    graph = streaming(package, size, make)
    return lambda: graph.invoke({"text": ""}, CONFIG)


def watched_run(package: Package, size: int, *, make: Maker) -> Work:
    graph = streaming(package, size, make)
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
            f"5,000 tokens{of}, messages, {'async' if is_async else 'sync'}", "token", 5000,
            {
                "model alone": partial(said, make=make, is_async=is_async),
                "model, heard": partial(said, make=make, is_async=is_async, heard=True),
                **both(tokens, make=make, is_async=is_async),
            },
            {"model alone": 1.1}, comparable=texts,
        )
        for of, make in (("", talker), (" of ChatOpenAI", client))
        for is_async in (False, True)
    ),
    *(
        Case(
            f"watched, 5,000 tokens {how}", "token", 5000,
            {
                "unwatched": side(unwatched, "lgstream", make=make),
                "lgstream": side(watched_run, "lgstream", make=make),
            },
            {"unwatched": 1.05}, rounds=rounds,
        )
        for how, make, rounds in (
            ("as fast as they come", talker, 15),
            ("of ChatOpenAI as fast as they come", client, 15),
            ("with 0.4 ms between them", partial(talker, pause=0.0004), 3),
        )
    ),
)  # fmt: skip
