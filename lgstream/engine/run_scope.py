"""The config and the namespace of a run, and what is made of them: when somebody asks, which few nested runs do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Self, TypeVar, overload

from lgstream._reserved import NAMESPACE_SEPARATOR
from lgstream.engine.ids import random_id

Made = TypeVar("Made")


class once(Generic[Made]):
    """An attribute made when it is first asked for; ``functools.cached_property`` takes a lock for it in 3.11."""

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make = make
        self._name = make.__name__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Made: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Made:
        if instance is None:
            return self
        made = self._make(instance)
        setattr(instance, self._name, made)
        return made


class Placed:
    """A run by its config and its namespace.

    Args:
        config: makes the run's RunnableConfig, whose ``metadata`` and ``configurable`` are there.
        ns: makes the namespace, a part for each task that the run is nested in.
    """

    _run_id: str | None = None

    def __init__(self, config: Callable[[], dict[str, Any]], ns: Callable[[], tuple[str, ...]]) -> None:
        self._made_by = config, ns

    @once
    def config(self) -> dict[str, Any]:
        """The config of the call."""
        return self._made_by[0]()

    @once
    def ns(self) -> tuple[str, ...]:
        """The namespace."""
        return self._made_by[1]()

    @once
    def ns_text(self) -> str:
        """The namespace as checkpoints have it."""
        return NAMESPACE_SEPARATOR.join(self.ns)

    @once
    def prefix(self) -> str:
        """What the namespaces of the run's tasks begin with."""
        return f"{self.ns_text}{NAMESPACE_SEPARATOR}" if self.ns else ""

    @property
    def run_id(self) -> str:
        """The run's id: the config's, or one of its own. Tasks in threads that ask at once are given the same."""
        if self._run_id is None:
            return str(self.__dict__.setdefault("_run_id", str(self.config.get("run_id") or "") or random_id()))
        return self._run_id

    @once
    def task_config(self) -> dict[str, Any]:
        """The config as tasks have it: without what names the run."""
        return {key: value for key, value in self.config.items() if key not in ("run_id", "run_name")}

    @once
    def parents(self) -> Mapping[str, str]:
        """The checkpoints of the runs that this one is nested in, by namespace."""
        return self.config["configurable"].get("checkpoint_map") or {}
