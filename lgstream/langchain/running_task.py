"""The running task of the current context; langchain models and nested graphs inherit its config."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables.config import var_child_runnable_config

from lgstream.config import Config, LazyConfig


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
