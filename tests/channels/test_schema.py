"""State schemas: their channels, instances as updates, and JSON schemas."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Annotated, Any, NotRequired, TypedDict

import pytest
from pydantic import BaseModel

from lgstream._state_fields import fields_as_update, is_pydantic_model
from lgstream.channels import BinaryOperatorAggregate, LastValue, Topic, UntrackedValue
from lgstream.channels.schema import (
    ROOT_KEY,
    callable_type_hints,
    channels_from_schema,
    has_keys,
    state_constructor,
    state_json_schema,
)
from lgstream.managed import RemainingSteps
from lgstream.managed.base import ManagedValue


class Keys(TypedDict):
    plain: str
    reduced: Annotated[list[int], operator.add]
    optional: NotRequired[Annotated[list[int], operator.add]]
    by_class: Annotated[int, UntrackedValue]
    by_instance: Annotated[list[str], Topic(str)]
    steps: RemainingSteps


@dataclass
class Point:
    x: int
    y: int = 0
    names: list[str] = field(default_factory=list)


class Model(BaseModel):
    x: int | None = None
    y: int | None = 5


class Plain:
    x: int
    y: int


def test_each_annotation_has_its_channel():
    channels = channels_from_schema(Keys)
    kinds = [type(channel) for channel in channels.values()]
    expected = [LastValue, BinaryOperatorAggregate, BinaryOperatorAggregate, UntrackedValue, Topic, ManagedValue]
    assert list(zip(channels, kinds, strict=True)) == list(zip(Keys.__annotations__, expected, strict=True))
    assert [channel.key for channel in channels.values() if not isinstance(channel, ManagedValue)] == list(channels)[
        :-1
    ]


def test_a_schema_without_keys_has_the_root_key():
    channels = channels_from_schema(Annotated[list, operator.add])
    assert list(channels) == [ROOT_KEY] and isinstance(channels[ROOT_KEY], BinaryOperatorAggregate)


def test_a_reducer_must_take_two_arguments():
    with pytest.raises(ValueError, match=r"Invalid reducer signature.*key '__root__'"):
        channels_from_schema(Annotated[int, lambda value: value])


@pytest.mark.parametrize(
    ("schema", "expected"), [(Keys, True), (Point, True), (Model, True), (Plain, True), (int, False)]
)
def test_schemas_with_keys(schema: Any, expected: bool):
    assert has_keys(schema) is expected


def test_nodes_receive_instances_of_dataclasses_and_models():
    for schema in (Point, Model):
        construct = state_constructor(schema)
        assert construct is not None and construct({"x": 1}) == schema(x=1)
    assert state_constructor(Keys) is None


def test_only_model_classes_are_models():
    assert is_pydantic_model(Model)
    assert not is_pydantic_model(Model()) and not is_pydantic_model(Point)


@pytest.mark.parametrize(
    ("value", "update"),
    [
        (Point(1), {"x": 1, "y": 0, "names": []}),
        (Model(), {"y": 5}),
        (Model(x=None), {"x": None, "y": 5}),
        (Model(y=None), {"y": None}),
        ("text", None),
        (Point, None),
    ],
)
def test_the_fields_of_an_instance_are_an_update(value: Any, update: dict[str, Any] | None):
    assert fields_as_update(value) == update


def test_attributes_without_a_value_are_not_part_of_the_update():
    plain = Plain()
    plain.x = 1
    assert fields_as_update(plain) == {"x": 1}


def test_fields_of_a_dataclass_with_a_default_are_optional():
    assert state_json_schema(Point, "State")["required"] == ["x"]


def test_type_hints_that_cannot_be_resolved_are_ignored():
    def function(value: Missing) -> int: ...  # type: ignore[name-defined, empty-body]  # noqa: F821

    assert callable_type_hints(function) == {}
