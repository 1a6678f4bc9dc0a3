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
