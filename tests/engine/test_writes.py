"""Which writes follow from what a node returns, and how streams show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from lgstream._reserved import NO_WRITES, RETURN, TASKS, branch_channel
from lgstream.channels.schema import ROOT_KEY
from lgstream.constants import END, START
from lgstream.engine.callables import NodeCallable
from lgstream.engine.program import Branch, StateReader, Write
from lgstream.engine.writes import (
    branch_targets,
    branch_writes,
    goto_writes,
    is_command,
    root_writes,
    state_writes,
    task_result,
    update_from_writes,
)
from lgstream.errors import InvalidUpdateError, ParentCommand
from lgstream.types import Command, Interrupt, Send

KEYS = frozenset(("log", "count"))


class Model(BaseModel):
    log: list[int] | None = None
    count: int | None = None


@dataclass
class Data:
    log: list[int] = field(default_factory=list)
    count: int = 0


# State updates --------------------------------------------------------------------------------------------------------


def test_a_dict_writes_its_items_in_their_order() -> None:
    assert state_writes({"count": 1, "log": [2]}, KEYS) == [("count", 1), ("log", [2])]


def test_keys_that_the_state_does_not_have_are_dropped() -> None:
    assert state_writes({"count": 1, "missing": 2}, KEYS) == [("count", 1)]


def test_none_is_a_value_to_write() -> None:
    assert state_writes({"count": None}, KEYS) == [("count", None)]


@pytest.mark.parametrize("update", [None, {}, Command(), Command(goto="a")])
def test_an_empty_update_writes_nothing(update: Any) -> None:
    assert state_writes(update, KEYS) == []


def test_a_command_writes_its_update() -> None:
    assert state_writes(Command(update={"count": 1}, goto="a"), KEYS) == [("count", 1)]


def test_a_command_given_as_pairs_may_write_a_key_twice() -> None:
    update = [("log", [1]), ("log", [2])]
    assert state_writes(Command(update=update), KEYS) == update


def test_a_command_for_the_parent_writes_nothing_here() -> None:
    assert state_writes(Command(graph=Command.PARENT, update={"count": 1}), KEYS) == []


def test_a_list_with_a_command_writes_what_each_item_writes() -> None:
    assert state_writes([{"log": [1]}, Command(update={"count": 2})], KEYS) == [("log", [1]), ("count", 2)]


def test_a_dataclass_instance_writes_all_of_its_fields() -> None:
    assert state_writes(Data(count=1), KEYS) == [("log", []), ("count", 1)]


@pytest.mark.parametrize("count", [1, None])
def test_a_pydantic_model_does_not_write_a_none_that_was_not_set(count: int | None) -> None:
    assert state_writes(Model(count=count), KEYS) == [("count", count)]


@pytest.mark.parametrize("output", [1, "text", [], [{"count": 1}], ("count", 1)], ids=repr)
def test_any_other_output_is_an_error(output: Any) -> None:
    with pytest.raises(InvalidUpdateError, match="Expected dict"):
        state_writes(output, KEYS)


@dataclass
class Foreign:
    text: str = "lost?"


@dataclass
class Partly:
    count: int = 1
    text: str = "dropped, as of a dict"


@pytest.mark.parametrize(
    "output", [Foreign(), Command(update=Foreign()), [Command(goto="a"), Foreign()], [Command(goto="a"), Interrupt(1)]]
)
def test_an_object_without_any_key_of_the_state_is_an_error_that_names_it(output: Any) -> None:
    with pytest.raises(InvalidUpdateError, match=r"(Foreign|Interrupt)\(.*of type .* none of the keys .*: count, log"):
        state_writes(output, KEYS)


@pytest.mark.parametrize("output", [Partly(), Command(update=Partly())])
def test_an_object_with_some_keys_of_the_state_writes_these(output: Any) -> None:
    assert state_writes(output, KEYS) == [("count", 1)]


def test_a_graph_may_have_none_of_the_keys_of_its_input() -> None:
    assert state_writes(Foreign(), KEYS, is_input=True) == []


def test_a_message_is_no_update_but_streams_show_it() -> None:
    assert state_writes(AIMessage("hi"), KEYS) == []


def test_a_returned_Send_is_not_an_update() -> None:
    assert state_writes(Send("a", 1), KEYS) == []


def test_a_state_that_is_one_value_is_written_under_its_root_key() -> None:
    assert root_writes(3) == [(ROOT_KEY, 3)]


@pytest.mark.parametrize("output", [None, Command(graph=Command.PARENT, update=3)])
def test_a_state_that_is_one_value_is_not_written_without_a_value(output: Any) -> None:
    assert root_writes(output) == []


def test_only_commands_are_commands() -> None:
    assert is_command(Command())
    assert not is_command({"goto": "a"})


# Where to go next -----------------------------------------------------------------------------------------------------


def test_a_goto_triggers_the_node() -> None:
    assert goto_writes(Command(goto="a")) == [(branch_channel("a"), None)]


def test_several_gotos_keep_their_order() -> None:
    sent = Send("b", 1)
    assert goto_writes(Command(goto=["b", sent, "a"])) == [
        (branch_channel("b"), None),
        (TASKS, sent),
        (branch_channel("a"), None),
    ]


def test_the_gotos_of_all_commands_in_a_list_count() -> None:
    output = [Command(goto="a"), {"count": 1}, Command(goto="b")]
    assert goto_writes(output) == [(branch_channel("a"), None), (branch_channel("b"), None)]


def test_a_returned_send_is_sent() -> None:
    sent = Send("a", 1)
    assert goto_writes(sent) == [(TASKS, sent)]


@pytest.mark.parametrize("output", [Command(goto=END), Command(update={"count": 1}), {"goto": "a"}, None], ids=repr)
def test_other_outputs_go_nowhere(output: Any) -> None:
    assert goto_writes(output) == []


def test_a_command_for_the_parent_is_raised() -> None:
    command = Command(graph=Command.PARENT, goto="a")
    with pytest.raises(ParentCommand) as caught:
        goto_writes(command)
    assert caught.value.args == (command,)


def test_a_goto_must_name_nodes() -> None:
    with pytest.raises(TypeError, match=r"Command\.goto"):
        goto_writes(Command(goto=3))


def branch(ends: dict[Any, str] | None = None) -> Branch:
    router = NodeCallable(lambda state: None, False, (), False, "route")
    return Branch("route", router, StateReader(()), ends)


def writes_of_branch(branch: Branch, destination: Any) -> list[Write]:
    return branch_writes(branch, branch_targets(branch, destination))


def test_a_routing_function_triggers_the_nodes_it_returns() -> None:
    assert writes_of_branch(branch(), ["a", "b"]) == [(branch_channel("a"), None), (branch_channel("b"), None)]


def test_a_path_map_translates_what_a_routing_function_returns() -> None:
    assert writes_of_branch(branch({True: "a", False: END}), True) == [(branch_channel("a"), None)]


def test_a_path_map_that_lacks_the_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        writes_of_branch(branch({True: "a"}), False)


def test_a_send_needs_no_path_map() -> None:
    sent = Send("b", 1)
    assert writes_of_branch(branch({True: "a"}), [sent]) == [(TASKS, sent)]


def test_end_triggers_nothing() -> None:
    assert writes_of_branch(branch(), END) == []


@pytest.mark.parametrize("destination", [None, START])
def test_a_routing_function_must_return_a_destination(destination: Any) -> None:
    with pytest.raises(ValueError, match=r"Branch did not return a valid destination.*'route'"):
        writes_of_branch(branch(), destination)


def test_nothing_can_be_sent_to_the_end() -> None:
    with pytest.raises(InvalidUpdateError, match="END"):
        writes_of_branch(branch(), Send(END, 1))


# What streams show ----------------------------------------------------------------------------------------------------


def test_an_update_shows_the_writes_to_the_keys_that_are_shown() -> None:
    writes = [("count", 1), (branch_channel("a"), None), ("log", [2])]
    assert update_from_writes(writes, KEYS) == {"count": 1, "log": [2]}


@pytest.mark.parametrize("writes", [[], [(branch_channel("a"), None)], [(NO_WRITES, None)]])
def test_an_update_without_writes_is_none(writes: Any) -> None:
    assert update_from_writes(writes, KEYS) is None


def test_an_update_that_repeats_a_key_is_a_list() -> None:
    writes = [("log", [1]), ("count", 1), ("log", [2])]
    assert update_from_writes(writes, KEYS) == [{"log": [1]}, {"count": 1}, {"log": [2]}]


@pytest.mark.parametrize(
    ("writes", "expected"), [([], None), ([("count", 1)], 1), ([("count", 1), ("count", 2)], [1, 2])]
)
def test_an_update_of_a_single_key_is_its_value(writes: Any, expected: Any) -> None:
    assert update_from_writes(writes, "count") == expected


def test_the_update_of_a_task_function_is_its_return_value() -> None:
    assert update_from_writes([(RETURN, 7)], KEYS) == 7


def test_a_result_shows_the_writes_to_the_keys_that_are_shown() -> None:
    assert task_result([("count", 1), (branch_channel("a"), None)], KEYS) == {"count": 1}


def test_a_result_collects_repeated_writes() -> None:
    writes = [("log", [1]), ("log", [2]), ("log", [3])]
    assert task_result(writes, KEYS) == {"log": {"$writes": [[1], [2], [3]]}}


def test_a_result_leaves_out_a_none_before_another_write() -> None:
    assert task_result([("count", None), ("count", 2)], KEYS) == {"count": 2}


def test_a_result_without_writes_is_empty() -> None:
    assert task_result([], KEYS) == {}


def test_the_result_of_a_task_function_is_its_return_value() -> None:
    assert task_result([(RETURN, 7)], "count") == {RETURN: 7}
