"""What nodes emit while they run: tokens of a model and custom data; and the cost of watching."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

from langchain_core.language_models import BaseChatModel

from benchmarks.case import Case, Work
from benchmarks.graph_runs import CONFIG, stream_work
from benchmarks.headless_watch import watch_headless
from benchmarks.models import IdleHandler, WordModel
from benchmarks.packages import Package, both, side
from benchmarks.provider import address
from lgstream.types import StreamWriter


class TextState(TypedDict):
    """The state."""

    text: str


def one_node(package: Package, node: Any) -> Any:
    """Return a compiled graph of this node."""
    builder = package.StateGraph(TextState)
    builder.add_node("node", node)
    builder.add_edge(package.START, "node")
    builder.add_edge("node", package.END)
    return builder.compile()


ModelFactory = Callable[[int], BaseChatModel]
"""Returns a model that answers with this many tokens."""


def word_model(size: int, pause: float = 0.0) -> BaseChatModel:
    return WordModel(tokens=size, pause=pause)


def openai_model(size: int) -> BaseChatModel:
    """Return the client of a model provider, as users have it."""
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    return ChatOpenAI(model=f"words-{size}", base_url=address(), api_key=SecretStr("none"))


def model_graph(package: Package, size: int, make: ModelFactory = word_model, *, is_async: bool = False) -> Any:
    """Return a compiled graph whose node calls a model that answers with ``size`` tokens."""
    model = make(size)

    def node(state: TextState) -> TextState:
        return {"text": model.invoke("go").text}

    async def node_async(state: TextState) -> TextState:
        return {"text": (await model.ainvoke("go")).text}

    return one_node(package, node_async if is_async else node)


def streaming_graph(package: Package, size: int, make: ModelFactory = word_model) -> Any:
    """Return a compiled graph whose node calls ``stream`` of its model, so that it streams in any run."""
    model = make(size)
    return one_node(package, lambda state: {"text": "".join(chunk.text for chunk in model.stream("go"))})


def writes(package: Package, size: int, *, is_async: bool) -> Work:
    def write(state: TextState, writer: StreamWriter) -> None:
        for n in range(size):
            writer(n)

    async def write_async(state: TextState, writer: StreamWriter) -> None:
        for n in range(size):
            writer(n)

    graph = one_node(package, write_async if is_async else write)
    return stream_work(graph, {"text": ""}, is_async=is_async, stream_mode="custom")


def tokens(package: Package, size: int, *, make: ModelFactory = word_model, is_async: bool = False) -> Work:
    graph = model_graph(package, size, make, is_async=is_async)
    return stream_work(graph, {"text": ""}, is_async=is_async, stream_mode="messages")


def model_alone(
    size: int, *, make: ModelFactory = word_model, is_async: bool = False, with_handler: bool = False
) -> Work:
    """The model without a graph; ``with_handler``: with an idle callback handler, as any graph needs one for tokens."""
    model = make(size)
    config: Any = {"callbacks": [IdleHandler()] if with_handler else []}

    async def async_work() -> list[Any]:
        return [(chunk, {}) async for chunk in model.astream("go", config)]

    return async_work if is_async else lambda: [(chunk, {}) for chunk in model.stream("go", config)]


def unwatched(package: Package, size: int, *, make: ModelFactory) -> Work:
    graph = streaming_graph(package, size, make)
    return lambda: graph.invoke({"text": ""}, CONFIG)


def watched_run(package: Package, size: int, *, make: ModelFactory) -> Work:
    graph = streaming_graph(package, size, make)
    return lambda: watch_headless(graph, {"text": ""})[0]


def texts(chunks: list[Any]) -> list[str]:
    """Return the text of each token."""
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
                "model alone": partial(model_alone, make=make, is_async=is_async),
                "model with a handler": partial(model_alone, make=make, is_async=is_async, with_handler=True),
                **both(tokens, make=make, is_async=is_async),
            },
            {"model alone": 1.1}, comparable=texts,
        )
        for of, make in (("", word_model), (" of ChatOpenAI", openai_model))
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
            ("as fast as they come", word_model, 15),
            ("of ChatOpenAI as fast as they come", openai_model, 15),
            ("with 0.4 ms between them", partial(word_model, pause=0.0004), 3),
        )
    ),
)  # fmt: skip
