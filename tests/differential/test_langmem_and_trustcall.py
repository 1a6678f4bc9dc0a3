"""langmem's tools and trustcall's extractor do in graphs of lgstream what they do in graphs of langgraph."""

from __future__ import annotations

import importlib
from typing import Any, TypedDict

import pytest
from langgraph.store.memory import InMemoryStore
from langmem import create_manage_memory_tool, create_search_memory_tool
from pydantic import BaseModel
from trustcall import create_extractor

from tests.support.scripted_model import ScriptedModel, call

pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning", "ignore::DeprecationWarning")
PACKAGES = ("langgraph", "lgstream")


def remembering_agent(package: str, store: InMemoryStore) -> Any:
    """Return an agent that saves a memory and searches for it in its next turn."""
    namespace = ("memories", "{user}")
    tools = [create_manage_memory_tool(namespace=namespace), create_search_memory_tool(namespace=namespace)]
    saving = call("manage_memory", "c1", content="likes tea", action="create")
    model = ScriptedModel(turns=[[saving], [call("search_memory", "c2", query="tea")]])
    return importlib.import_module(f"{package}.prebuilt").create_react_agent(model, tools, store=store)


def memories(store: InMemoryStore, state: dict[str, Any]) -> Any:
    """Return what the agent saved and found, without the random key of the memory."""
    saved = store.search(("memories",))
    found = [message.content for message in state["messages"] if message.type == "tool"]
    key = saved[0].key
    texts = [str(text).replace(key, "<key>").partition('"created_at"')[0] for text in found]
    return [(item.namespace, item.value) for item in saved], texts


@pytest.mark.parametrize("is_async", [False, True])
async def test_the_memory_tools_of_langmem_use_the_store_of_the_graph(is_async: bool) -> None:
    outcomes = []
    for package in PACKAGES:
        store = InMemoryStore()
        agent = remembering_agent(package, store)
        arguments: Any = ({"messages": [("user", "hi")]}, {"configurable": {"user": "ann"}})
        state = await agent.ainvoke(*arguments) if is_async else agent.invoke(*arguments)
        outcomes.append(memories(store, state))
    assert outcomes[1] == outcomes[0]
    assert outcomes[1][0] == [(("memories", "ann"), {"content": "likes tea"})]


class Person(BaseModel):
    name: str
    age: int


class State(TypedDict, total=False):
    text: str
    people: list[Any]


def extracting_graph(package: str, is_async: bool) -> Any:
    """Return a graph with a node that extracts a person; the model's first answer has to be mended."""

    def extractor() -> Any:
        wrong = call("Person", "c1", name="Ada", age="thirty-six")
        patch = {"op": "replace", "path": "/age", "value": 36}
        mended = call("PatchFunctionErrors", "c2", json_doc_id="c1", planned_edits="a number", patches=[patch])
        return create_extractor(ScriptedModel(turns=[[wrong], [mended]]), tools=[Person], tool_choice="Person")

    def extract(state: State) -> Any:
        answers = extractor().invoke({"messages": [("user", state["text"])]})["responses"]
        return {"people": [person.model_dump() for person in answers]}

    async def aextract(state: State) -> Any:
        answers = (await extractor().ainvoke({"messages": [("user", state["text"])]}))["responses"]
        return {"people": [person.model_dump() for person in answers]}

    builder = importlib.import_module(f"{package}.graph").StateGraph(State)
    return builder.add_node("extract", aextract if is_async else extract).add_edge("__start__", "extract").compile()


def names_of(chunk: Any) -> Any:
    """Return the nodes of an update with its namespace, without the task's id."""
    namespace, update = chunk
    return [part.partition(":")[0] for part in namespace], list(update)


@pytest.mark.parametrize("is_async", [False, True])
async def test_the_extractor_of_trustcall_mends_an_answer_in_a_node(is_async: bool) -> None:
    outcomes = []
    for package in PACKAGES:
        graph = extracting_graph(package, is_async)
        given: Any = {"text": "Ada is 36"}
        if is_async:
            state = await graph.ainvoke(given)
            chunks = [names_of(chunk) async for chunk in graph.astream(given, subgraphs=True)]
        else:
            state, chunks = graph.invoke(given), [names_of(chunk) for chunk in graph.stream(given, subgraphs=True)]
        outcomes.append((state, chunks))
    assert outcomes[1] == outcomes[0]
    assert outcomes[1][0]["people"] == [{"name": "Ada", "age": 36}]
