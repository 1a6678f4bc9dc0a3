"""Inputs that name the fields of a pydantic state by alias."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lgstream.graph import START, StateGraph


class State(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    count: int = Field(default=0, alias="theCount")
    seen: str = ""


def graph() -> Any:
    g = StateGraph(State)
    g.add_node("a", lambda state: {"seen": f"count {state.count}"})
    g.add_edge(START, "a")
    return g.compile()


@pytest.mark.parametrize("value", [{"theCount": 3}, {"count": 3}, State(theCount=3)])
def test_an_input_may_use_aliases_and_names(value: Any) -> None:
    assert graph().invoke(value) == {"count": 3, "seen": "count 3"}


def test_a_value_given_by_alias_is_validated() -> None:
    with pytest.raises(ValidationError):
        graph().invoke({"theCount": "three"})
