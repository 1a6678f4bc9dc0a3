"""The running task: its config is the one that langchain models and nested graphs inherit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables.config import var_child_runnable_config

from lgstream.config import Config, LazyConfig


def set_running_task(make_config: Callable[[], Config], task: Any = None) -> None:
    """Set the config that code in the current context inherits.

    Args:
        make_config: returns the config; called only if somebody reads it.
        task: the task whose config it is, if it is a task's.
    """
    var_child_runnable_config.set(LazyConfig(make_config, task))  # type: ignore[arg-type]  # a mapping is enough


def get_running_task() -> Any:
    """Return the task of the current context, or None if another config has been set inside it."""
    config = var_child_runnable_config.get()
    return config.task if type(config) is LazyConfig else None
