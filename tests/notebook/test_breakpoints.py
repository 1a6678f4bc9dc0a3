"""Static breakpoints: when a run waits at one, and which update an edited state makes."""

from __future__ import annotations

from typing import Any

import pytest

from lgstream.events import Interrupted, RunFinished
from lgstream.notebook.breakpoints import is_at_breakpoint, state_at_breakpoint, update_from_edit

CHANNELS = {"count": "plain", "log": "reducer"}


def interrupted(*interrupts: Any) -> Interrupted:
    return Interrupted(0.0, (), 1, "", "", interrupts, {"count": 1, "log": ["a"]})


def finished(status: str) -> RunFinished:
    return RunFinished(0.0, (), "run", status, None, None)


def update(before: Any, after: Any) -> dict[str, Any]:
    return update_from_edit(
        CHANNELS, before, after, lambda channel: channel == "reducer", lambda value: ("overwrite", value)
    )


def test_a_run_waits_at_a_breakpoint_if_it_ended_with_an_interrupt_without_questions():
    assert is_at_breakpoint([interrupted(), finished("interrupted")])
    assert not is_at_breakpoint([interrupted("question"), finished("interrupted")])
    assert not is_at_breakpoint([interrupted(), finished("done")])
    assert not is_at_breakpoint([interrupted()])
    assert not is_at_breakpoint([])


def test_the_state_at_a_breakpoint_is_that_of_the_last_interrupt():
    first = interrupted()._replace(values={"count": 0})
    assert state_at_breakpoint([first, interrupted()]) == {"count": 1, "log": ["a"]}
    assert state_at_breakpoint([]) is None


def test_the_update_contains_the_keys_that_differ():
    assert update({"count": 1, "log": ["a"]}, {"count": 2, "log": ["a"]}) == {"count": 2}


def test_a_key_with_a_reducer_is_overwritten():
    assert update({"log": ["a"]}, {"log": []}) == {"log": ("overwrite", [])}


def test_a_key_without_a_value_is_updated():
    assert update(None, {"count": 2}) == {"count": 2}


def test_nothing_to_edit_is_no_update():
    assert update({"count": 1}, None) == {}


def test_an_edit_that_is_not_a_dict_is_rejected():
    with pytest.raises(TypeError, match="a dict of the keys to change"):
        update({}, "yes")


def test_an_unknown_key_is_rejected():
    with pytest.raises(ValueError, match="no key 'lag'"):
        update({}, {"lag": 1})
