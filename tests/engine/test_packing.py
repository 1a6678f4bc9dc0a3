"""What a checkpoint holds of lgstream's own is plain data: a serializer that admits no foreign class reads it."""

from __future__ import annotations

import operator
from datetime import timedelta
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from lgstream.engine.packing import packed, unpacked
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


@pytest.mark.parametrize("value", [*OWN, OWN, [], {"x": 1}, ["text", 2], None], ids=repr)
def test_what_is_packed_comes_back(value: Any) -> None:
    assert repr(unpacked(packed(value))) == repr(value)


def test_a_thread_with_sends_and_questions_goes_on_under_a_strict_serializer() -> None:
    saver = InMemorySaver(serde=JsonPlusSerializer(allowed_msgpack_modules=None))
    builder = StateGraph(State).add_node("plan", lambda state: Command(goto=[Send("ask", {"log": ["sent"]})]))
    builder.add_node("ask", lambda state: {"log": [f"{state['log'][-1]} {interrupt('go?')}"]})
    graph = builder.add_edge(START, "plan").compile(checkpointer=saver)
    graph.invoke({"log": ["in"]}, THREAD)
    (task,) = graph.get_state(THREAD).tasks
    assert [asked.value for asked in task.interrupts] == ["go?"]
    assert graph.invoke(Command(resume="gone"), THREAD) == {"log": ["in", "sent gone"]}
