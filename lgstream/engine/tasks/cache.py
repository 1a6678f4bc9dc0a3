"""Stores the results of nodes in a cache of langgraph-checkpoint. The calls of the cache are effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xxhash import xxh3_128_hexdigest

from lgstream._arguments import wrong_type
from lgstream._reserved import CACHE_NAMESPACE
from lgstream.effects.effects import CallEffect, Effects
from lgstream.engine.program import Node, Write
from lgstream.types import CachePolicy

CacheKey = tuple[tuple[str, ...], str]
"""A namespace and a hash of the node's input."""


def cache_namespace(node: Node) -> tuple[str, ...]:
    """Return the namespace of a node's results; it contains the function, so that another function has another."""
    function = getattr(node.action, "function", None)
    qualified_name = getattr(function, "__qualname__", type(function).__name__)
    return (CACHE_NAMESPACE, f"{getattr(function, '__module__', '')}.{qualified_name}", node.name)


def cache_key(node: Node, policy: CachePolicy, value: Any) -> CacheKey:
    """Return the key of a node's result for this input."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], tuple) and isinstance(value[1], dict):
        key = policy.key_func(*value[0], **value[1])  # a called task: its positional and keyword arguments
    else:
        key = policy.key_func(value)
    if not isinstance(key, str | bytes | bytearray | memoryview):
        raise wrong_type("The result of CachePolicy.key_func", key, "str or bytes")
    return (cache_namespace(node), xxh3_128_hexdigest(key.encode() if isinstance(key, str) else key))


def cached_writes(cache: Any, key: CacheKey) -> Effects[Sequence[Write] | None]:
    """Return the writes in the cache, or None if there are none."""
    entries = yield CallEffect(cache.get, ([key],), {}, False, cache.aget)
    return entries.get(key) if entries else None


def cache_writes(cache: Any, key: CacheKey, writes: Sequence[Write], ttl: int | None) -> Effects[None]:
    """Store writes in the cache for ``ttl`` seconds; None stores them without a time limit."""
    yield CallEffect(cache.set, ({key: (list(writes), ttl)},), {}, False, cache.aset)
