"""The config and the namespace of a run, built on first use, because few nested runs need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Generic, Self, TypeVar, overload

from lgstream._reserved import NAMESPACE_SEPARATOR
from lgstream.engine.ids import random_id

T = TypeVar("T")

_RUN_ID_LOCK = Lock()


class lazy_attribute(Generic[T]):  # noqa: N801 - a decorator
    """An attribute built on first use. Unlike ``functools.cached_property`` on Python 3.11 it takes no lock."""

    def __init__(self, build: Callable[[Any], T]) -> None:
        self._build = build
        self._name = build.__name__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value = self._build(instance)
        setattr(instance, self._name, value)
        return value


class RunScope:
    """The config and the namespace of a run.

    Args:
        make_config: builds the run's RunnableConfig, which must have ``metadata`` and ``configurable``.
        make_ns: builds the namespace, one part for each task that the run is nested in.
    """

    _run_id: str | None = None

    def __init__(self, make_config: Callable[[], dict[str, Any]], make_ns: Callable[[], tuple[str, ...]]) -> None:
        self._make_config = make_config
        self._make_ns = make_ns

    @lazy_attribute
    def config(self) -> dict[str, Any]:
        """The config of the call."""
        return self._make_config()

    @lazy_attribute
    def ns(self) -> tuple[str, ...]:
        """The namespace."""
        return self._make_ns()

    @lazy_attribute
    def checkpoint_ns(self) -> str:
        """The namespace as checkpoints contain it: its parts joined with ``|``."""
        return NAMESPACE_SEPARATOR.join(self.ns)

    @lazy_attribute
    def task_prefix(self) -> str:
        """The prefix of the namespaces of the run's tasks."""
        return f"{self.checkpoint_ns}{NAMESPACE_SEPARATOR}" if self.ns else ""

    @property
    def run_id(self) -> str:
        """The id of the run: that of the config, or a random one. Safe to read from several threads."""
        if self._run_id is None:
            run_id = str(self.config.get("run_id") or "") or random_id()
            with _RUN_ID_LOCK:  # `__dict__.setdefault` would do, but makes all later accesses to attributes slower
                self._run_id = self._run_id or run_id
        return self._run_id

    @lazy_attribute
    def task_config(self) -> dict[str, Any]:
        """The config for tasks: without the id and the name of the run."""
        return {key: value for key, value in self.config.items() if key not in ("run_id", "run_name")}

    @lazy_attribute
    def parent_checkpoint_ids(self) -> Mapping[str, str]:
        """The checkpoint ids of the runs that this run is nested in, by namespace."""
        return self.config["configurable"].get("checkpoint_map") or {}
