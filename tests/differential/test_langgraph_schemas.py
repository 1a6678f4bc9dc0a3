"""State schemas, policies and functions of langgraph in graphs of lgstream: as in langgraph's own graphs."""

from __future__ import annotations

import asyncio
import importlib
import operator
from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

import langgraph.channels
import langgraph.errors
import langgraph.func
import langgraph.graph
import langgraph.graph.message
import langgraph.managed
import langgraph.types
import pytest
from langgraph.cache.memory import InMemoryCache
from langgraph.channels.base import BaseChannel
from langgraph.channels.untracked_value import UntrackedValue
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.managed.base import ManagedValue
from langgraph.prebuilt.chat_agent_executor import AgentState
from langgraph.runtime import Runtime, get_runtime

import lgstream.errors

PACKAGES = ("langgraph", "lgstream")
CONFIG: Any = {"configurable": {"thread_id": "1"}}


class Longest(BaseChannel[str, str, str]):
    """A channel as a user of langgraph writes one: it keeps the longest text."""

    __slots__ = ("text",)

    ValueType = UpdateType = str

    def __init__(self, typ: Any, key: str = "") -> None:
        super().__init__(typ, key)
        self.text = ""

    def from_checkpoint(self, checkpoint: Any) -> Longest:
        channel = Longest(self.typ, self.key)
        channel.text = checkpoint if isinstance(checkpoint, str) else ""
        return channel

    def get(self) -> str:
        if not self.text:
            raise langgraph.errors.EmptyChannelError
        return self.text

    def update(self, values: Sequence[str]) -> bool:
        if any(not value for value in values):
            raise langgraph.errors.InvalidUpdateError("empty text")
        self.text = max([self.text, *values], key=len)
        return bool(values)


class Doubled(ManagedValue[int]):
    @staticmethod
    def get(scratchpad: Any) -> int:
        return int(scratchpad.step * 2)


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]
    last: langgraph.managed.IsLastStep
    left: langgraph.managed.RemainingSteps
    doubled: Annotated[int, Doubled]
    topic: Annotated[list[str], langgraph.channels.Topic(str, accumulate=True)]
    once: Annotated[str, langgraph.channels.EphemeralValue]
    total: Annotated[int, langgraph.channels.BinaryOperatorAggregate(int, operator.add)]
    hidden: Annotated[str, UntrackedValue]
    longest: Annotated[str, Longest]


class Context(TypedDict):
    user: str


def first(state: State) -> Any:
    seen = {key: state.get(key) for key in ("last", "left", "doubled", "once", "longest")}
    return {"log": [str(seen)], "topic": "a", "once": "only now", "total": 2, "hidden": "h", "longest": "short"}


def second(state: State) -> Any:
    return {"log": [str(sorted(state.items()))], "topic": ["b", "c"], "total": 3, "longest": "longer"}


def graph_of(package: str, schema: Any, *nodes: Any, **compile_options: Any) -> Any:
    builder = importlib.import_module(f"{package}.graph").StateGraph(schema)
    return builder.add_sequence(list(nodes)).add_edge("__start__", nodes[0].__name__).compile(**compile_options)


def test_channels_and_managed_values_of_langgraph_in_a_state() -> None:
    outcomes = []
    for package in PACKAGES:
        graph = graph_of(package, State, first, second, checkpointer=InMemorySaver())
        chunks = list(graph.stream({"log": [], "longest": "x"}, CONFIG, stream_mode=["values", "updates"]))
        chunks += list(graph.stream({"log": ["again"]}, CONFIG, stream_mode=["values", "updates"]))
        outcomes.append((chunks, [snapshot.values for snapshot in graph.get_state_history(CONFIG)]))
    assert outcomes[1] == outcomes[0]


@pytest.mark.parametrize(("begin", "end"), [PACKAGES, PACKAGES[::-1]])
def test_a_thread_with_channels_of_langgraph_goes_on_in_the_other_package(begin: str, end: str) -> None:
    saver = InMemorySaver()
    graph_of(begin, State, first, second, checkpointer=saver, interrupt_after=["first"]).invoke({"log": []}, CONFIG)
    state = graph_of(end, State, first, second, checkpointer=saver).invoke(None, CONFIG)
    assert (state["topic"], state["total"], state["longest"]) == (["a", "b", "c"], 5, "longer")


def test_a_write_that_a_channel_of_langgraph_refuses_is_an_error_of_both_packages() -> None:
    def writes_nothing(state: State) -> Any:
        return {"longest": ""}

    with pytest.raises(lgstream.errors.InvalidUpdateError, match="empty text") as caught:
        graph_of("lgstream", State, writes_nothing).invoke({"log": []})
    assert isinstance(caught.value, langgraph.errors.InvalidUpdateError)


def test_a_delta_channel_is_refused_with_an_alternative() -> None:
    class Deltas(TypedDict):
        log: Annotated[list[str], langgraph.channels.DeltaChannel(operator.add)]

    with pytest.raises(TypeError, match=r"'log' .* DeltaChannel.* use LastValue, or a reducer"):
        graph_of("lgstream", Deltas, first)


@pytest.mark.parametrize("schema", [langgraph.graph.MessagesState, AgentState])
def test_states_of_langgraph(schema: Any) -> None:
    def answer(state: Any) -> Any:
        return {"messages": [("ai", f"{len(state['messages'])} {state.get('remaining_steps')}")]}

    theirs, ours = (graph_of(package, schema, answer).invoke({"messages": [("user", "hi")]}) for package in PACKAGES)
    assert [message.content for message in ours["messages"]] == [message.content for message in theirs["messages"]]


class Messages(TypedDict):
    messages: Annotated[list[Any], langgraph.graph.message.add_messages]


def test_add_messages_of_langgraph_as_a_reducer() -> None:
    def answer(state: Any) -> Any:
        return {"messages": [("ai", "hello")]}

    state = graph_of("lgstream", Messages, answer).invoke({"messages": [("user", "hi")]})
    assert [(message.type, message.content) for message in state["messages"]] == [("human", "hi"), ("ai", "hello")]


def test_a_retry_policy_of_langgraph() -> None:
    attempts = []

    def node(state: State) -> Any:
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionError
        return {"log": ["done"]}

    builder = importlib.import_module("lgstream.graph").StateGraph(State)
    policy = langgraph.types.RetryPolicy(initial_interval=0, jitter=False)
    builder.add_node("node", node, retry_policy=policy).add_edge("__start__", "node")
    assert builder.compile().invoke({"log": []})["log"] == ["done"]


async def test_a_timeout_policy_of_langgraph() -> None:
    async def node(state: State) -> Any:
        await asyncio.sleep(5)

    builder = importlib.import_module("lgstream.graph").StateGraph(State)
    builder.add_node("node", node, timeout=langgraph.types.TimeoutPolicy(run_timeout=0.01)).add_edge(
        "__start__", "node"
    )
    with pytest.raises(langgraph.errors.NodeTimeoutError):
        await builder.compile().ainvoke({"log": []})


def test_a_cache_policy_of_langgraph() -> None:
    calls = []

    def node(state: State) -> Any:
        calls.append(1)
        return {"log": ["done"]}

    builder = importlib.import_module("lgstream.graph").StateGraph(State)
    builder.add_node("node", node, cache_policy=langgraph.types.CachePolicy(ttl=60)).add_edge("__start__", "node")
    graph = builder.compile(cache=InMemoryCache())
    assert graph.invoke({"log": []}) == graph.invoke({"log": []})
    assert len(calls) == 1


def test_the_runtime_of_langgraph_in_a_node() -> None:
    def node(state: State, runtime: Runtime[Context]) -> Any:
        assert get_runtime(Context) is runtime
        return {"log": [runtime.context["user"]]}

    assert graph_of("lgstream", State, node).invoke({"log": []}, context={"user": "ann"})["log"] == ["ann"]
