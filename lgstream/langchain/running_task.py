"""The running task of the current context; langchain models and nested graphs inherit its config."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables.config import var_child_runnable_config

from lgstream._langgraph import is_pregel_loaded
from lgstream._reserved import CONFIG_KEY_TAP, CONFIG_KEY_TASK_ID
from lgstream.config import Config, LazyConfig, task_of


def set_running_task(make_config: Callable[[], Config], task: Any = None) -> None:
    """Set the config that code in the current context inherits.

    Args:
        make_config: returns the config; called when the config is first read.
        task: the task that the config belongs to; None if it does not belong to a task.
    """
    var_child_runnable_config.set(LazyConfig(make_config, task))  # type: ignore[arg-type]  # a mapping is enough


def get_running_task() -> Any:
    """Return the task of the current context; None if there is none, or if other code has set another config."""
    config = var_child_runnable_config.get()
    return config.task if type(config) is LazyConfig else None


def is_in_langgraph_root() -> bool:
    """Return True in a node of a langgraph graph that is a root run, although a node of an observed graph called it.

    A graph that is called with a ``thread_id`` of its own is a root run, but inherits the callbacks around it.
    """
    config = var_child_runnable_config.get()
    if config is None or type(config) is LazyConfig:
        return False
    configurable = config.get("configurable") or {}
    if CONFIG_KEY_TASK_ID not in configurable or CONFIG_KEY_TAP in configurable or not is_pregel_loaded():
        return False
    return task_of(configurable) is None


def is_running_task(checkpoint_ns: str, run_id: str) -> bool:
    """Return True if the current context is that of a task of lgstream.

    Args:
        checkpoint_ns: the checkpoint namespace of the task.
        run_id: the id of the run that the events of the task have.
    """
    config = var_child_runnable_config.get()
    if config is None:
        return False
    if type(config) is LazyConfig:
        task = config.task
    else:
        task = task_of(config.get("configurable") or {})
    return task is not None and task.ns == checkpoint_ns and task.run.root_run_id == run_id
