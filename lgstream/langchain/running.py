"""The context that a task runs in: its config is the one that models and nested graphs find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.runnables.config import var_child_runnable_config

from lgstream.config import Config, LazyConfig


def enter(make: Callable[[], Config], task: Any = None) -> None:
    """Make the config that ``make`` returns, a task's perhaps, the one of the running node, in the current context."""
    var_child_runnable_config.set(LazyConfig(make, task))  # type: ignore[arg-type]  # a mapping does


def running_task() -> Any:
    """The task that the current context is of; None where another config has been made of its config."""
    found = var_child_runnable_config.get()
    return found.task if type(found) is LazyConfig else None
