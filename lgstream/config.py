"""The config of the running node, and how configs are put together.

A config is langchain's ``RunnableConfig``, a plain dict. The one of the running node travels in langchain's context
variable, so that models called without a config find it. Compiled graphs load langchain, so where it is not loaded
nothing runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.store.base import BaseStore

    from lgstream.types import StreamWriter

__all__ = ["get_config", "get_store", "get_stream_writer"]

Config = dict[str, Any]


class LazyConfig(Mapping[str, Any]):
    """A config that is made when somebody reads it: most nodes never do, and making one is half the cost of a step.

    ``task`` is the one whose config it is, if it is a task's.
    """

    __slots__ = ("_make", "task")

    def __init__(self, make: Callable[[], Config], task: Any = None) -> None:
        self._make = make
        self.task = task

    def made(self) -> Config:
        """The config itself, a dict."""
        return self._make()

    def __getitem__(self, key: str) -> Any:
        return self._make()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make())

    def __len__(self) -> int:
        return len(self._make())

    def __bool__(self) -> bool:
        return True


_KEYS = frozenset(("tags", "metadata", "callbacks", "run_name", "max_concurrency", "recursion_limit", "configurable",
                   "run_id"))  # fmt: skip


def langchain_variable() -> ContextVar[Any] | None:
    """langchain's context variable of the running config, or None while langchain is not loaded."""
    module = sys.modules.get("langchain_core.runnables.config")
    return getattr(module, "var_child_runnable_config", None)


def running() -> Config | None:
    """The config of the running node, or None outside of a run."""
    variable = langchain_variable()
    found = variable.get() if variable is not None else None
    if not found:
        return None
    return found.made() if isinstance(found, LazyConfig) else found


def get_config() -> RunnableConfig:
    """The config of the running node. Raises RuntimeError outside of a run (reference rule 21)."""
    config = running()
    if config is None:
        raise RuntimeError("Called get_config outside of a runnable context")
    return config  # type: ignore[return-value]


def get_stream_writer() -> StreamWriter:
    """The writer of the running node: what it is given is streamed as ``custom``. Raises RuntimeError outside a run."""
    writer: StreamWriter = get_config()["configurable"]["__pregel_runtime"].stream_writer
    return writer


def get_store() -> BaseStore:
    """The store the running graph was compiled with. Raises RuntimeError outside of a run."""
    store: BaseStore = get_config()["configurable"]["__pregel_runtime"].store
    return store


def joined_callbacks(first: Any, second: Any) -> Any:
    """Callbacks of two configs: lists are appended, handlers added to a copy of a callback manager."""
    if first is None:
        return second
    if second is None:
        return first
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    if isinstance(first, list):
        first, second = second, first
        # the handlers of the list go under the manager, which is the run that the calls belong to
    manager = first.copy()
    for handler in second if isinstance(second, list) else second.inheritable_handlers:
        manager.add_handler(handler, inherit=True)
    return manager


def merge(*configs: Mapping[str, Any] | None) -> Config:
    """One config of several, later ones first: tags and metadata are joined, other keys replaced."""
    merged: Config = {}
    for config in configs:
        for key, value in (config or {}).items():
            if value is None:
                continue
            if key == "tags":
                merged[key] = sorted({*merged.get(key, ()), *value})
            elif key in ("metadata", "configurable"):
                merged[key] = {**merged.get(key, {}), **value}
            elif key == "callbacks":
                merged[key] = joined_callbacks(merged.get(key), value)
            else:
                merged[key] = value
    return merged


def ensure(config: Mapping[str, Any] | None) -> Config:
    """The config of a call: of the running node, if there is one, overridden by ``config``; the dicts in it are fresh.

    Keys that are no part of a RunnableConfig are taken for ``configurable`` ones.
    """
    return inherited(running(), config)


def inherited(parent: Config | None, config: Mapping[str, Any] | None = None) -> Config:
    """The config of a call in a node whose config is ``parent``; see :func:`ensure`."""
    if config is not None and config is parent:  # a Runnable that is a node is given it
        config = None
    ensured: Config = {key: value for key, value in parent.items() if value is not None} if parent else {}
    metadata = dict(ensured.get("metadata") or {})
    configurable = dict(ensured.get("configurable") or {})
    for key, value in (config or {}).items():
        if value is None:
            continue
        if key == "configurable":
            configurable = dict(value)
        elif key == "metadata":
            metadata = dict(value)
        elif key == "tags":
            ensured[key] = sorted({*value})
        elif key in _KEYS:
            ensured[key] = value
        else:
            configurable[key] = value
    for key in ("thread_id", "checkpoint_id", "checkpoint_ns", "task_id", "run_id", "assistant_id", "graph_id"):
        if configurable.get(key) and key not in metadata:
            metadata[key] = configurable[key]
    ensured["metadata"] = metadata
    ensured["configurable"] = configurable
    ensured.setdefault("callbacks", None)
    return ensured
