"""find_messages: which messages are found in the output of a node or in an update."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel, ConfigDict

from lgstream.inspection.messages import find_messages

ONE, TWO = HumanMessage("one"), AIMessage("two")


@dataclass
class Record:
    messages: list[Any]
    last: Any = None


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    messages: list[Any]


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        (ONE, [ONE]),
        ([ONE, "text", TWO], [ONE, TWO]),
        ((ONE, TWO), [ONE, TWO]),
        ({"messages": [ONE], "last": TWO, "count": 2, "text": "ONE"}, [ONE, TWO]),
        (Record([ONE], TWO), [ONE, TWO]),
        (Model(messages=[ONE]), [ONE]),
        ({"nested": {"messages": [ONE]}}, []),
        ({"nested": [[ONE]]}, []),
        ({"queue": deque([ONE])}, [ONE]),
        ("text", []),
        (None, []),
        (5, []),
    ],
    ids=[
        "message",
        "list",
        "tuple",
        "dict",
        "dataclass",
        "model",
        "nested dict",
        "nested list",
        "deque",
        "text",
        "None",
        "number",
    ],
)
def test_messages_are_found_in_values_fields_and_their_items(value: Any, messages: list[Any]):
    assert list(find_messages(value, BaseMessage)) == messages


NO_MESSAGES = [0] * 300_000


@pytest.mark.parametrize("kind", [list, tuple, deque])
def test_a_long_sequence_is_searched_if_a_message_is_near_one_of_its_ends(kind: Any):
    assert list(find_messages({"items": kind([*NO_MESSAGES, ONE, 0])}, BaseMessage)) == [ONE]
    assert list(find_messages({"items": kind([0, ONE, *NO_MESSAGES, TWO, *NO_MESSAGES])}, BaseMessage)) == [ONE, TWO]


@pytest.mark.parametrize("kind", [list, tuple, deque])
def test_the_middle_of_a_long_sequence_is_not_read_to_find_out_that_it_has_no_messages(kind: Any):
    assert list(find_messages({"items": kind([*NO_MESSAGES, ONE, *NO_MESSAGES])}, BaseMessage)) == []


def test_the_fields_of_a_state_are_searched_up_to_a_limit():
    assert list(find_messages({**dict.fromkeys(range(300_000)), "last": ONE}, BaseMessage)) == []
