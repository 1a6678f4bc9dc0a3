"""Functions that combine configs."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler, CallbackManager
from langchain_core.runnables.config import var_child_runnable_config

from lgstream.config import LazyConfig, child_config, current_config, ensure_config, get_config, merge_configs


class Handler(BaseCallbackHandler):
    pass


def test_merged_configs_join_tags_metadata_and_configurable():
    first = {"tags": ["b"], "metadata": {"x": 1}, "configurable": {"thread_id": "1"}, "run_name": "first"}
    second = {"tags": ["a", "b"], "metadata": {"y": 2}, "configurable": {"user": "ada"}, "run_name": "second"}
    assert merge_configs(first, None, second) == {
        "tags": ["b", "a", "b"],
        "metadata": {"x": 1, "y": 2},
        "configurable": {"thread_id": "1", "user": "ada"},
        "run_name": "second",
    }


def test_none_does_not_replace_a_value():
    assert merge_configs({"run_name": "first"}, {"run_name": None}) == {"run_name": "first"}


def test_lists_of_callbacks_are_concatenated():
    one, two = Handler(), Handler()
    assert merge_configs({"callbacks": [one]}, {"callbacks": [two]})["callbacks"] == [one, two]


@pytest.mark.parametrize("manager_first", [True, False])
def test_handlers_are_added_to_a_copy_of_a_manager(manager_first: bool):
    in_manager, in_list = Handler(), Handler()
    manager = CallbackManager([in_manager], [in_manager])
    configs = [{"callbacks": manager}, {"callbacks": [in_list]}]
    merged = merge_configs(*(configs if manager_first else reversed(configs)))["callbacks"]
    assert merged is not manager and manager.inheritable_handlers == [in_manager]
    assert merged.inheritable_handlers == [in_manager, in_list]


def test_a_child_config_inherits_and_overrides():
    parent: dict[str, Any] = {
        "tags": ["a"],
        "metadata": {"x": 1},
        "configurable": {"user": "ada"},
        "run_name": "parent",
    }
    child = child_config(parent, {"run_name": "child"})
    assert (child["tags"], child["run_name"], child["callbacks"]) == (["a"], "child", None)
    assert child["metadata"] == {"x": 1} and child["metadata"] is not parent["metadata"]
    assert child["configurable"] == {"user": "ada"} and child["configurable"] is not parent["configurable"]


def test_tags_metadata_and_callbacks_of_a_call_are_added_to_those_of_its_parent():
    one, two = Handler(), Handler()
    parent = {"tags": ["b", "a"], "metadata": {"x": 1, "y": 1}, "callbacks": [one]}
    child = child_config(parent, {"tags": ["a", "c"], "metadata": {"y": 2}, "callbacks": [two]})
    assert child["tags"] == ["b", "a", "c"]
    assert child["metadata"] == {"x": 1, "y": 2}
    assert child["callbacks"] == [one, two]


def test_the_configurable_of_a_call_replaces_that_of_its_parent():
    child = child_config({"configurable": {"user": "ada"}}, {"configurable": {"thread_id": "1"}})
    assert child["configurable"] == {"thread_id": "1"}
    assert child["metadata"] == {"thread_id": "1"}


def test_unknown_keys_are_configurable():
    assert ensure_config({"user": "ada"})["configurable"] == {"user": "ada"}


def test_outside_of_a_run_there_is_no_config():
    assert current_config() is None
    with pytest.raises(RuntimeError, match="outside of a runnable context"):
        get_config()


def test_a_lazy_config_is_built_when_it_is_read():
    builds: list[dict[str, Any]] = []

    def build() -> dict[str, Any]:
        builds.append({"configurable": {"user": "ada"}})
        return builds[0]

    config = LazyConfig(build)
    token = var_child_runnable_config.set(config)  # type: ignore[arg-type]
    try:
        assert config and builds == []
        assert get_config() is builds[0]
        assert config["configurable"] == {"user": "ada"}
    finally:
        var_child_runnable_config.reset(token)
