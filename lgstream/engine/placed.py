"""The config and the namespace of a run, and what is made of them: when somebody asks, which few nested runs do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from .ids import random_id
from .keys import SEPARATOR


class Placed:
    """A run by its config and its namespace.

    Args:
        config: makes the run's RunnableConfig, whose ``metadata`` and ``configurable`` are there.
        ns: makes the namespace, a part for each task that the run is nested in.
    """

    def __init__(self, config: Callable[[], dict[str, Any]], ns: Callable[[], tuple[str, ...]]) -> None:
        self._made_by = config, ns

    @cached_property
    def config(self) -> dict[str, Any]:
        """The config of the call."""
        return self._made_by[0]()

    @cached_property
    def ns(self) -> tuple[str, ...]:
        """The namespace."""
        return self._made_by[1]()

    @cached_property
    def ns_text(self) -> str:
        """The namespace as checkpoints have it."""
        return SEPARATOR.join(self.ns)

    @cached_property
    def prefix(self) -> str:
        """What the namespaces of the run's tasks begin with."""
        return f"{self.ns_text}{SEPARATOR}" if self.ns else ""

    @cached_property
    def run_id(self) -> str:
        """The run's id: the config's, or one of its own."""
        return str(self.config.get("run_id") or "") or random_id()

    @cached_property
    def task_config(self) -> dict[str, Any]:
        """The config as tasks have it: without what names the run."""
        return {key: value for key, value in self.config.items() if key not in ("run_id", "run_name")}

    @cached_property
    def parents(self) -> Mapping[str, str]:
        """The checkpoints of the runs that this one is nested in, by namespace."""
        return self.config["configurable"].get("checkpoint_map") or {}
