"""The type of the parameter ``config``, and the names in the events of langchain's ``astream_events``."""

import asyncio
import operator
import warnings
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain_core.runnables import RunnableConfig
from typing_extensions import TypedDict

from tests.differential.packages import PackageName, package

PACKAGES: tuple[PackageName, ...] = ("langgraph", "lgstream")


class State(TypedDict):
    log: Annotated[list, operator.add]


def as_dict(state: Any, config: dict | None = None) -> Any:
    return {"log": [config is None]}


def as_text(state: Any, config: "dict | None" = None) -> Any:
    return {"log": [config is None]}


def as_any(state: Any, *, config: Any = None) -> Any:
    return {"log": [config is None]}


def as_config(state: Any, config: RunnableConfig | None = None) -> Any:
    return {"log": [config is None]}


def untyped(state, config=None):
    return {"log": [config is None]}


def use_as_node(lg: Any, function: Callable[..., Any]) -> Any:
    g = lg.StateGraph(State)
    g.add_node("a", function)
    g.add_edge(lg.START, "a")
    return g.compile().invoke({"log": []})


def use_as_router(lg: Any, function: Callable[..., Any]) -> None:
    g = lg.StateGraph(State)
    g.add_node("a", lambda state: {})
    g.add_edge(lg.START, "a")
    g.add_conditional_edges("a", function, {"end": lg.END})
    g.compile()


@pytest.mark.parametrize("use", [use_as_node, use_as_router])
@pytest.mark.parametrize("function", [as_dict, as_text, as_any, as_config, untyped])
def test_a_config_parameter_of_another_type_is_warned_of(use: Any, function: Any) -> None:
    outcomes = []
    for name in PACKAGES:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = use(package(name), function)
        begins = [(warning.category, str(warning.message).split(", not ")[0]) for warning in caught]
        outcomes.append((result, begins))
    assert outcomes[0] == outcomes[1]


def test_events_of_langchain_bear_the_name_of_the_entrypoint() -> None:
    def events(lg: Any) -> Any:
        @lg.task
        async def double(x: int) -> int:
            return x * 2

        @lg.entrypoint()
        async def workflow(x: int) -> int:
            return int(await double(x))

        async def collect() -> list[Any]:
            return [(event["event"], event["name"]) async for event in workflow.astream_events(1, version="v2")]

        return sorted(asyncio.run(collect()))

    expected, names = (events(package(name)) for name in PACKAGES)
    assert names == expected
    assert ("on_chain_stream", "workflow") in names
