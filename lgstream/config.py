"""The config of the running node, and functions that combine configs.

A config is a langchain ``RunnableConfig``, a plain dict. The config of the running node is in langchain's context
variable, so that models that are called without a config find it. This module does not import langchain: compiled
graphs do, so as long as langchain is not loaded, no node is running.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from lgstream._arguments import wrong_item, wrong_type
from lgstream._langgraph import is_langgraph
from lgstream._reserved import CONFIG_KEY_RUNTIME, CONFIG_KEY_SCRATCHPAD

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.store.base import BaseStore

__all__ = ["get_config", "get_store", "get_stream_writer"]

Config = dict[str, Any]

StreamWriter: TypeAlias = Callable[[Any], None]
"""Streams its argument as a ``custom`` chunk."""


class LazyConfig(Mapping[str, Any]):
    """A config that is built when it is first read.

    Most nodes never read theirs, and building it is half the cost of a superstep.

    Args:
        build: returns the config; it is responsible for building it only once.
        task: the task whose config it is, if it is the config of a task.
    """

    __slots__ = ("_build", "task")

    def __init__(self, build: Callable[[], Config], task: Any = None) -> None:
        self._build = build
        self.task = task

    def resolve(self) -> Config:
        """Return the config as a dict."""
        return self._build()

    def items(self) -> ItemsView[str, Any]:
        """Return the items of the config. langchain reads a config in this way: the mixin's own is slow."""
        return self._build().items()

    def __getitem__(self, key: str) -> Any:
        return self._build()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._build())

    def __len__(self) -> int:
        return len(self._build())

    def __bool__(self) -> bool:
        return True


_CONFIG_KEYS = frozenset(
    ("tags", "metadata", "callbacks", "run_name", "max_concurrency", "recursion_limit", "configurable", "run_id")
)

_CONFIG_TYPES: Final[tuple[tuple[str, type, str], ...]] = (
    ("configurable", Mapping, "a dict, for example {'thread_id': '1'}"),
    ("metadata", Mapping, "a dict"),
    ("tags", Iterable, "a list of strings"),
)

_CALLBACKS_RULE = "a list of callback handlers or a callback manager: [MyHandler()]"

_VERSIONS = "lc_versions"
"""The metadata key under which packages of langchain name their versions."""

_CHECKPOINT_KEYS = ("thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map")
"""The ``configurable`` keys that say where checkpoints are. With one, a graph called in a node is a root run."""

_LANGGRAPH_LISTENERS = (
    ("StreamMessagesHandler", "langgraph.pregel._messages"),
    ("StreamToolCallHandler", "langgraph.pregel._tools"),
)

_CONFIGURABLE_KEYS_IN_METADATA = (
    "thread_id",
    "checkpoint_id",
    "checkpoint_ns",
    "task_id",
    "run_id",
    "assistant_id",
    "graph_id",
)


def langchain_config_variable() -> ContextVar[Any] | None:
    """Return langchain's context variable of the current config, or None as long as langchain is not loaded."""
    module = sys.modules.get("langchain_core.runnables.config")
    return getattr(module, "var_child_runnable_config", None)


def current_config() -> Config | None:
    """Return the config of the running node, or None outside of a run."""
    variable = langchain_config_variable()
    config = variable.get() if variable is not None else None
    if not config:
        return None
    return config.resolve() if isinstance(config, LazyConfig) else config


def get_config() -> RunnableConfig:
    """Return the config of the running node.

    Raises:
        RuntimeError: if no node is running in this context (reference rule 21).
    """
    config = current_config()
    if config is None:
        raise RuntimeError(
            "Called get_config outside of a runnable context: no node is running here. Like interrupt(), "
            "get_runtime(), get_store(), get_stream_writer() and calls of tasks, it works only in nodes, tools and "
            "tasks."
        )
    return config  # type: ignore[return-value]


def get_stream_writer() -> StreamWriter:
    """Return the stream writer of the running node: a function that streams its argument as a ``custom`` chunk.

    Raises:
        RuntimeError: if no node is running in this context.

    Example:
        >>> def research(state: State):
        ...     writer = get_stream_writer()
        ...     writer({"progress": "searching"})
    """
    writer: StreamWriter = get_config()["configurable"][CONFIG_KEY_RUNTIME].stream_writer
    return writer


def get_store() -> BaseStore:
    """Return the store that the running graph was compiled with.

    Raises:
        RuntimeError: if no node is running in this context.
    """
    store: BaseStore = get_config()["configurable"][CONFIG_KEY_RUNTIME].store
    return store


def task_of(configurable: Mapping[str, Any]) -> Any:
    """Return the task of lgstream whose config has this ``configurable``; None for a task of langgraph, and outside."""
    return getattr(configurable.get(CONFIG_KEY_SCRATCHPAD), "task", None)


def merge_callbacks(first: Any, second: Any) -> Any:
    """Return the callbacks of two configs as one value.

    Lists are concatenated. If one of the two is a callback manager, the other's handlers are added to a copy of it.
    """
    if first is None:
        return second
    if second is None or second is first:
        return first
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    if isinstance(first, list):
        # The manager stands for the run that the calls belong to, so the list's handlers go into the manager.
        first, second = second, first
    manager = first.copy()
    if isinstance(second, list):
        for handler in second:
            manager.add_handler(handler, inherit=True)
    else:
        _add_manager(manager, second)
    return manager


def _add_manager(manager: Any, added: Any) -> None:
    """Add what a callback manager has to another one, which stays in its place in the tree of runs."""
    for handler in added.handlers:
        manager.add_handler(handler, inherit=handler in added.inheritable_handlers)
    manager.add_tags([tag for tag in added.tags if tag not in manager.tags], inherit=False)
    manager.inheritable_tags += [tag for tag in added.inheritable_tags if tag not in manager.inheritable_tags]
    manager.add_metadata(added.metadata, inherit=False)
    manager.add_metadata(added.inheritable_metadata)
    manager.parent_run_id = manager.parent_run_id or added.parent_run_id


def callbacks_of_root(callbacks: Any) -> Any:
    """Return the callbacks of a root run without the listeners of streams that show only the graph around it.

    A graph that a node calls with a ``thread_id`` of its own is a root run, and inherits the node's callbacks.
    """
    if not isinstance(callbacks, list) and not hasattr(callbacks, "handlers"):
        raise wrong_type("config['callbacks']", callbacks, _CALLBACKS_RULE)
    if isinstance(callbacks, list):
        for handler in callbacks:
            if isinstance(handler, type) or not hasattr(handler, "ignore_chain"):
                raise wrong_item("config['callbacks']", handler, _CALLBACKS_RULE)
        return [handler for handler in callbacks if _is_for_nested_roots(handler)]
    if all(map(_is_for_nested_roots, callbacks.handlers)):
        return callbacks
    manager = callbacks.copy()
    for handler in callbacks.handlers:
        if not _is_for_nested_roots(handler):
            manager.remove_handler(handler)
    return manager


def _is_for_nested_roots(handler: Any) -> bool:
    """Return False for a listener, of lgstream or of langgraph, of a stream without the chunks of nested graphs."""
    if any(is_langgraph(handler, name, module) for name, module in _LANGGRAPH_LISTENERS):
        return bool(handler.subgraphs)
    return bool(getattr(handler, "is_for_nested_roots", True))


def check_config(config: Any) -> None:
    """Raise an exception that says what is wrong if a value cannot be a config.

    Raises:
        TypeError: if the config is not a dict, or one of its keys has a value of a wrong type.
    """
    if config is None:
        return
    if not isinstance(config, Mapping):
        raise wrong_type("config", config, "a dict, for example {'configurable': {'thread_id': '1'}}")
    for key, kind, rule in _CONFIG_TYPES:
        value = config.get(key)
        if value is not None and not isinstance(value, kind):
            raise wrong_type(f"config[{key!r}]", value, rule)


def merge_configs(*configs: Mapping[str, Any] | None) -> Config:
    """Return one config; tags, metadata, ``configurable`` and callbacks are joined, later values of other keys win.

    Raises:
        TypeError: if one of them is not a dict, or one of its keys has a value of a wrong type.
    """
    try:
        return _merge_configs(configs)
    except (AttributeError, TypeError):
        for config in configs:
            check_config(config)
        raise


def _merge_configs(configs: Iterable[Mapping[str, Any] | None]) -> Config:
    merged: Config = {}
    for config in configs:
        if config is not None and not isinstance(config, dict):
            check_config(config)
        for key, value in (config or {}).items():
            if value is None:
                continue
            if key == "tags":
                merged[key] = [*merged.get(key, ()), *value]
            elif key == "metadata":
                merged[key] = merge_metadata(merged.get(key, {}), value)
            elif key == "configurable":
                merged[key] = {**merged.get(key, {}), **value}
            elif key == "callbacks":
                merged[key] = merge_callbacks(merged.get(key), value)
            else:
                merged[key] = value
    return merged


def merge_metadata(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of two configs; the versions of packages, one level deeper, are joined as well."""
    merged = {**first, **second}
    if _VERSIONS in first and _VERSIONS in second:
        versions = first[_VERSIONS], second[_VERSIONS]
        if all(isinstance(version, Mapping) for version in versions):
            merged[_VERSIONS] = {**versions[0], **versions[1]}
    return merged


def ensure_config(config: Mapping[str, Any] | None) -> Config:
    """Return the complete config of a call: the running node's config, if there is one, joined with ``config``.

    Tags, metadata and callbacks are added to those of the node, and ``configurable`` values as well, unless they say
    where checkpoints are. Other keys of ``config`` replace those of the node, and keys that a RunnableConfig does not
    have are taken for ``configurable`` keys. The dicts in the result are new.
    """
    try:
        return child_config(current_config(), config)
    except (AttributeError, TypeError):
        check_config(config)
        raise


def child_config(parent: Config | None, config: Mapping[str, Any] | None = None) -> Config:
    """Return the complete config of a call in a node whose config is ``parent``; see :func:`ensure_config`."""
    if config is not None and config is parent:  # a Runnable that is a node is called with the node's own config
        config = None
    child: Config = {key: value for key, value in parent.items() if value is not None} if parent else {}
    metadata = dict(child.get("metadata") or {})
    configurable = dict(child.get("configurable") or {})
    for key, value in (config or {}).items():
        if value is None or (isinstance(value, list | tuple | dict) and not value):
            continue
        if key == "configurable":
            names_checkpoint = any(value.get(name) for name in _CHECKPOINT_KEYS)
            configurable = dict(value) if names_checkpoint else {**configurable, **value}
        elif key == "metadata":
            metadata = merge_metadata(metadata, value)
        elif key == "tags":
            inherited_tags = child.get(key) or ()
            child[key] = [*inherited_tags, *(tag for tag in value if tag not in inherited_tags)]
        elif key == "callbacks":
            child[key] = merge_callbacks(child.get(key), value)
        elif key in _CONFIG_KEYS:
            child[key] = value
        else:
            configurable[key] = value
    for key in _CONFIGURABLE_KEYS_IN_METADATA:
        if key in configurable and key not in metadata and configurable[key]:
            metadata[key] = configurable[key]
    child["metadata"] = metadata
    child["configurable"] = configurable
    child.setdefault("callbacks", None)
    return child
