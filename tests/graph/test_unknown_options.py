"""Stream modes, durabilities and keyword arguments that a call does not know."""

import asyncio
from typing import Any

import pytest
from typing_extensions import TypedDict

from lgstream.graph import START, StateGraph
from lgstream.warnings import LgstreamDeprecationWarning


class State(TypedDict):
    n: int


def graph() -> Any:
    g = StateGraph(State)
    g.add_node("a", lambda state: {"n": state["n"] + 1})
    g.add_edge(START, "a")
    return g.compile()


def call(method: str, **options: Any) -> Any:
    async def collect() -> list[Any]:
        return [chunk async for chunk in graph().astream({"n": 1}, **options)]

    if method == "stream":
        return list(graph().stream({"n": 1}, **options))
    if method == "astream":
        return asyncio.run(collect())
    if method == "invoke":
        return graph().invoke({"n": 1}, **options)
    return asyncio.run(graph().ainvoke({"n": 1}, **options))


METHODS = ["stream", "astream", "invoke", "ainvoke"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "options", [{"stream_mode": "update"}, {"stream_mode": ["values", "update"]}, {"print_mode": "update"}]
)
def test_an_unknown_stream_mode_is_named_with_the_known_ones(method: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Unknown stream mode 'update': use one of 'values', 'updates'"):
        call(method, **options)


@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_durability_is_named_with_the_known_ones(method: str) -> None:
    with pytest.raises(ValueError, match=r"Unknown durability 'never': use one of 'sync', 'async', 'exit'"):
        call(method, durability="never")


@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_keyword_argument_is_named_with_the_known_ones(method: str) -> None:
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'steam_mode': its keyword arguments are context"):
        call(method, steam_mode="values")


@pytest.mark.parametrize("method", METHODS)
def test_checkpoint_during_is_still_accepted(method: str) -> None:
    with pytest.warns(LgstreamDeprecationWarning, match="checkpoint_during"):
        assert call(method, checkpoint_during=False)


def test_a_stream_with_an_unknown_option_fails_at_its_first_chunk() -> None:
    chunks = graph().stream({"n": 1}, stream_mode="update")
    with pytest.raises(ValueError, match="Unknown stream mode"):
        next(chunks)
