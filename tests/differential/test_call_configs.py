"""The config of a graph called in a node: the node's, the one bound to the graph and the one of the call, joined."""

from __future__ import annotations

from itertools import product
from typing import Any, TypedDict

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig, RunnableLambda

from tests.differential.packages import PackageName, package
from tests.langchain.traced_programs import AddingModel

ROOT = {"tags": ["z", "a"], "metadata": {"m": "root", "r": 1}, "recursion_limit": 33, "configurable": {"user": "root"}}

BOUND: list[dict[str, Any]] = [
    {},
    {"tags": ["bound", "z"], "metadata": {"b": 1, "m": "bound"}, "configurable": {"user": "bound"}},
]

CALLS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "tags and metadata": {"tags": ["call", "a"], "metadata": {"m": "call", "c": 1}},
    "versions": {"metadata": {"lc_versions": {"mine": "1"}}},
    "callbacks": {"callbacks": True},
    "user and limit": {"configurable": {"user": "call"}, "recursion_limit": 12, "run_name": "called"},
    "thread": {"configurable": {"thread_id": "9"}},
    "empty": {"tags": [], "metadata": {}, "callbacks": []},
}

WAYS = ("only the call's", "the node's", "the node's and the call's")


class State(TypedDict):
    text: str


class Names(BaseCallbackHandler):
    """Adds the names of the chain runs that it observes to a list."""

    def __init__(self, owner: str, names: list[tuple[str, str]]) -> None:
        self.owner = owner
        self.names = names

    def on_chain_start(self, *args: Any, **kwargs: Any) -> Any:
        self.names.append((self.owner, kwargs["name"]))


def visible(config: RunnableConfig) -> Any:
    random = ("langgraph_checkpoint_ns", "checkpoint_ns")
    metadata = {key: value for key, value in config["metadata"].items() if key not in random}
    configurable = {key: config["configurable"].get(key) for key in ("user", "thread_id")}
    return config.get("tags") or [], metadata, config["recursion_limit"], configurable


def run(name: PackageName, bound: dict[str, Any], call: dict[str, Any], way: str, in_lambda: bool) -> Any:
    p, configs, names = package(name), [], []  # type: ignore[var-annotated]

    def leaf(state: State, config: RunnableConfig) -> Any:
        configs.append(visible(config))
        return {"text": AddingModel().invoke("Hi").content}

    inner = p.StateGraph(State).add_node("leaf", leaf).add_edge(p.START, "leaf").compile(name="inner")
    if bound:
        inner = inner.with_config(**bound)
    if call.get("callbacks"):
        call = {"callbacks": [Names("call", names)]}
    called = RunnableLambda(lambda state: inner.invoke(state)) if in_lambda else inner

    def node(state: State, config: RunnableConfig) -> Any:
        call_configs: tuple[Any, ...] = call or None, config, {**config, **call}
        return called.invoke(state, call_configs[WAYS.index(way)])

    outer = p.StateGraph(State).add_node("node", node).add_edge(p.START, "node").compile(name="outer")
    outer = outer.with_config(tags=["outer"], metadata={"o": 1, "m": "outer"})
    config = {**ROOT, "callbacks": [Names("root", names)]}
    chunks = outer.stream({"text": ""}, config, stream_mode="messages", subgraphs=True)
    keys = ("tags", "m", "r", "o", "b", "c")
    tokens = [(chunk.content, {key: metadata.get(key) for key in keys}) for _, (chunk, metadata) in chunks]
    return configs, names, tokens


@pytest.mark.parametrize(("call", "way"), product(CALLS, WAYS))
@pytest.mark.parametrize("bound", BOUND)
@pytest.mark.parametrize("in_lambda", [False, True])
def test_config_callbacks_and_tokens_of_langgraph(bound: dict[str, Any], call: str, way: str, in_lambda: bool) -> None:
    results: list[Any] = [run(name, bound, CALLS[call], way, in_lambda) for name in ("langgraph", "lgstream")]
    assert results[0][0]
    assert results[0] == results[1]
