"""What a checkpoint holds of lgstream's own: langgraph's classes where there is langgraph, plain data elsewhere."""

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
OWN = [
    Send("a", {"x": 1}),
    Send("a", [1], timeout=TimeoutPolicy(timedelta(seconds=3), 2.0)),
    Interrupt("sure?", "id", response_schema={"type": "boolean"}),
    Overwrite([1]),
]


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


@pytest.fixture(params=[True, False], ids=["with langgraph", "without"])
def has_peer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(serde, "is_langgraph_installed", lambda: request.param)
    return bool(request.param)


@pytest.mark.parametrize("value", [*OWN, OWN, [], {"x": 1}, ["text", 2], None], ids=repr)
def test_what_is_packed_comes_back(value: Any, has_peer: bool) -> None:
    saved = JsonPlusSerializer(allowed_msgpack_modules=None)
    back = from_saved(saved.loads_typed(saved.dumps_typed(to_saved(value))))
    assert repr(back) == repr(value)
    assert type(back) is type(value)


@pytest.mark.parametrize("value", OWN, ids=repr)
def test_langgraph_reads_its_own_classes(value: Any) -> None:
    saved = JsonPlusSerializer(allowed_msgpack_modules=None)
    read = saved.loads_typed(saved.dumps_typed(as_langgraph(value)))
    assert (type(read).__module__, type(read).__name__) == ("langgraph.types", type(value).__name__)


@pytest.mark.parametrize("value", OWN, ids=repr)
def test_what_is_pickled_needs_no_langgraph(value: Any) -> None:
    assert repr(pickle.loads(pickle.dumps(as_langgraph(value)))) == repr(value)


def test_what_is_left_of_langgraphs_objects_is_read_by_where_it_was_written() -> None:
    assert from_saved([["a", {"x": 1}], ["b", [1, 2]]], TASKS) == [Send("a", {"x": 1}), Send("b", [1, 2])]
    assert from_saved(["a", 1, {"run_timeout": 3.0}], TASKS).timeout == TimeoutPolicy(3.0)
    assert from_saved([{"value": "q", "id": "1", "response_schema": None}], INTERRUPT) == [Interrupt("q", "1")]
    assert from_saved(["a", {"x": 1}], "log") == ["a", {"x": 1}]


def test_a_question_of_before_langgraph_1_is_known_by_its_namespace() -> None:
    old = {"value": "q", "resumable": True, "ns": ["a:b", "c:d"], "when": "during"}
    assert from_saved([old], INTERRUPT) == [Interrupt.from_ns("q", "a:b|c:d")]
    with pytest.raises(TypeError, match="unexpected"):
        Interrupt("q", unknown=1)


def test_plain_data_hold_no_class() -> None:
    assert [type(as_plain_dict(value)) for value in OWN] == [dict] * len(OWN)


def test_a_thread_with_sends_and_questions_goes_on_under_a_strict_serializer(has_peer: bool) -> None:
    saver = InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=None))
    builder = StateGraph(State).add_node("plan", lambda state: Command(goto=[Send("ask", {"log": ["sent"]})]))
    builder.add_node("ask", lambda state: {"log": [f"{state['log'][-1]} {interrupt('go?')}"]})
    graph = builder.add_edge(START, "plan").compile(checkpointer=saver)
    graph.invoke({"log": ["in"]}, THREAD)
    (task,) = graph.get_state(THREAD).tasks
    assert [asked.value for asked in task.interrupts] == ["go?"]
    assert graph.invoke(Command(resume="gone"), THREAD) == {"log": ["in", "sent gone"]}
