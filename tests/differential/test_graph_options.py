"""Details of runs: the cache of a nested graph, durability without a checkpointer, removals, questions at once."""

import operator
import warnings
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import get_executor_for_config
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

THREAD: Any = {"configurable": {"thread_id": "1"}}


class Log(TypedDict):
    log: Annotated[list, operator.add]


def chain(lg: Any, *nodes: Any, schema: Any = Log, **options: Any) -> Any:
    builder = lg.StateGraph(schema)
    names = [builder.add_node(name, action, **extra) and name for name, action, extra in nodes]
    for source, target in zip([lg.START, *names], names, strict=False):
        builder.add_edge(source, target)
    return builder.compile(**options)


@pytest.mark.parametrize("child_has_cache", [False, True])
@pytest.mark.parametrize("parent_has_cache", [False, True])
def test_a_nested_graph_uses_its_own_cache_only(same: Any, child_has_cache: bool, parent_has_cache: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        policy = lg.CachePolicy(key_func=lambda state: "key")
        slow = ("slow", lambda state: {"log": ["slow"]}, {"cache_policy": policy})
        child = chain(lg, slow, cache=InMemoryCache() if child_has_cache else None)

        def call(state: Any) -> Any:
            return child.invoke({"log": []})

        nodes: Any = [("child", child, {}), ("call", call, {})]
        graph = chain(lg, *nodes, cache=InMemoryCache() if parent_has_cache else None)
        for _ in range(2):
            c.stream(graph, {"log": []}, stream_mode="updates", subgraphs=True)

    same(program)


def test_durability_without_a_checkpointer_gives_a_warning(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        inner = chain(lg, ("note", lambda state: {"log": ["noted"]}, {}))

        def call(state: Any) -> Any:
            return inner.invoke({"log": []}, durability="exit")

        graphs = [inner, chain(lg, ("inner", inner, {}))]
        saved = chain(lg, ("call", call, {}), checkpointer=InMemorySaver())

        def found() -> list[Any]:
            with warnings.catch_warnings(record=True) as messages:
                warnings.simplefilter("always")
                for graph in graphs:
                    for durability in (None, "async", "exit"):
                        graph.invoke({"log": []}, durability=durability)
                        list(graph.stream({"log": []}, durability=durability))
                saved.invoke({"log": []}, THREAD, durability="exit")
            return [(message.category.__name__, str(message.message)) for message in messages]

        c.call("warnings", found)

    same(program)


def test_messages_that_remove_messages(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        for removal in (RemoveMessage(id="1"), RemoveMessage(id="2"), RemoveMessage(id="__remove_all__")):
            answer: Any = ("answer", lambda state: {"messages": [AIMessage("a", id="2")]}, {})
            remove: Any = ("remove", lambda state, removal=removal: {"messages": [removal, AIMessage("b", id="3")]}, {})
            graph = chain(lg, answer, remove, schema=lg.MessagesState)
            c.stream(graph, {"messages": [HumanMessage("h", id="1")]}, stream_mode="messages")

    same(program)


def test_a_command_in_the_argument_of_a_saved_send(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def route(state: Any) -> Any:
            return [lg.Send("follow", lg.Command(goto=lg.Send("follow", 3))), "stop"]

        def follow(state: Any) -> Any:
            return (
                lg.Command(goto=state.goto, update={"log": ["go"]}) if isinstance(state, lg.Command) else {"log": [3]}
            )

        builder = lg.StateGraph(Log)
        for name, action in (("start", lambda state: {}), ("follow", follow), ("stop", lambda state: {})):
            builder.add_node(name, action)
        builder.add_edge(lg.START, "start")
        builder.add_conditional_edges("start", route, ["follow", "stop"])
        graph = builder.compile(checkpointer=InMemorySaver(), interrupt_before=["stop"])
        c.stream(graph, {"log": []}, THREAD)
        c.stream(graph, None, THREAD)

    same(program)


@pytest.mark.parametrize("by_id", [False, True])
def test_questions_that_a_node_asks_in_several_threads(same: Any, by_id: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        def ask(state: Any, config: RunnableConfig) -> Any:
            with get_executor_for_config(config) as threads:
                second = threads.submit(lg.interrupt, "second?")
                second.exception()
                return {"log": [threads.submit(lg.interrupt, "first?").result(), second.result()]}

        graph = chain(lg, ("ask", ask, {}), checkpointer=InMemorySaver())
        c.stream(graph, {"log": []}, THREAD, stream_mode="updates")
        for answer in ("1", "2"):
            (question,) = graph.get_state(THREAD).interrupts
            resume = {question.id: answer} if by_id else answer
            c.stream(graph, lg.Command(resume=resume), THREAD, stream_mode="updates")

    same(program)
