"""The context that a task runs in: its config is the one that models and nested graphs find."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.runnables.config import var_child_runnable_config

from ..config import Config, LazyConfig


def enter(make: Callable[[], Config]) -> None:
    """Make the config that ``make`` returns the one of the running node, in the current context."""
    var_child_runnable_config.set(LazyConfig(make))  # type: ignore[arg-type]  # a mapping does
