"""How checkpoints contain the types of lgstream: as LangGraph's classes if it is installed, else as plain data."""

from __future__ import annotations

import operator
import pickle
from datetime import timedelta
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from lgstream._reserved import INTERRUPT, TASKS
from lgstream.engine.checkpoints import serde
from lgstream.engine.checkpoints.serde import as_langgraph, as_plain_dict, from_saved, to_saved
from lgstream.graph import START, StateGraph
from lgstream.types import Command, Interrupt, Overwrite, Send, TimeoutPolicy, interrupt

THREAD: Any = {"configurable": {"thread_id": "1"}}
LGSTREAM_VALUES = [
    Send("a", {"x": 1}),
    Send("a", [1], timeout=TimeoutPolicy(timedelta(seconds=3), 2.0)),
    Interrupt("sure?", "id", response_schema={"type": "boolean"}),
    Overwrite([1]),
]


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


@pytest.fixture(params=[True, False], ids=["with langgraph", "without"])
def has_langgraph(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(serde, "is_langgraph_installed", lambda: request.param)
    return bool(request.param)


@pytest.mark.parametrize("value", [*LGSTREAM_VALUES, LGSTREAM_VALUES, [], {"x": 1}, ["text", 2], None], ids=repr)
def test_saved_values_are_read_as_they_were(value: Any, has_langgraph: bool) -> None:
    serializer = JsonPlusSerializer(allowed_msgpack_modules=None)
    restored = from_saved(serializer.loads_typed(serializer.dumps_typed(to_saved(value))))
    assert repr(restored) == repr(value)
    assert type(restored) is type(value)


@pytest.mark.parametrize("value", LGSTREAM_VALUES, ids=repr)
def test_langgraph_reads_instances_of_its_own_classes(value: Any) -> None:
    serializer = JsonPlusSerializer(allowed_msgpack_modules=None)
    read = serializer.loads_typed(serializer.dumps_typed(as_langgraph(value)))
    assert (type(read).__module__, type(read).__name__) == ("langgraph.types", type(value).__name__)


@pytest.mark.parametrize("value", LGSTREAM_VALUES, ids=repr)
def test_pickled_values_are_read_without_langgraph(value: Any) -> None:
    assert repr(pickle.loads(pickle.dumps(as_langgraph(value)))) == repr(value)


def test_plain_data_are_read_by_the_channel_they_were_written_to() -> None:
    assert from_saved([["a", {"x": 1}], ["b", [1, 2]]], TASKS) == [Send("a", {"x": 1}), Send("b", [1, 2])]
    assert from_saved(["a", 1, {"run_timeout": 3.0}], TASKS).timeout == TimeoutPolicy(3.0)
    assert from_saved([{"value": "q", "id": "1", "response_schema": None}], INTERRUPT) == [Interrupt("q", "1")]
    assert from_saved(["a", {"x": 1}], "log") == ["a", {"x": 1}]


def test_an_interrupt_saved_before_langgraph_1_gets_its_id_from_its_namespace() -> None:
    old = {"value": "q", "resumable": True, "ns": ["a:b", "c:d"], "when": "during"}
    assert from_saved([old], INTERRUPT) == [Interrupt.from_ns("q", "a:b|c:d")]
    with pytest.raises(TypeError, match="unexpected"):
        Interrupt("q", unknown=1)


def test_plain_dicts_contain_no_classes() -> None:
    assert [type(as_plain_dict(value)) for value in LGSTREAM_VALUES] == [dict] * len(LGSTREAM_VALUES)


def test_a_thread_with_sends_and_interrupts_can_be_resumed_with_a_strict_serializer(has_langgraph: bool) -> None:
    saver = InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=None))
    builder = StateGraph(State).add_node("plan", lambda state: Command(goto=[Send("ask", {"log": ["sent"]})]))
    builder.add_node("ask", lambda state: {"log": [f"{state['log'][-1]} {interrupt('go?')}"]})
    graph = builder.add_edge(START, "plan").compile(checkpointer=saver)
    graph.invoke({"log": ["in"]}, THREAD)
    (task,) = graph.get_state(THREAD).tasks
    assert [question.value for question in task.interrupts] == ["go?"]
    assert graph.invoke(Command(resume="gone"), THREAD) == {"log": ["in", "sent gone"]}
