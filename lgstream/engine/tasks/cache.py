"""Results of nodes kept in a cache of langgraph-checkpoint. Sans-IO: what to ask the cache comes as effects."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from xxhash import xxh3_128_hexdigest

from lgstream._reserved import CACHE_NAMESPACE
from lgstream.engine.callables import Call, Effect
from lgstream.engine.program import Node, Write
from lgstream.types import CachePolicy

Key = tuple[tuple[str, ...], str]


def namespace(node: Node) -> tuple[str, ...]:
    """Where a node's results are kept: by its function, so that another function of the same name has its own."""
    function = getattr(node.target, "function", None)
    identity = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__name__)}"
    return (CACHE_NAMESPACE, identity, node.name)


def key_of(node: Node, policy: CachePolicy, input: Any) -> Key:
    """The key of a node's result for an input."""
    if isinstance(input, tuple) and len(input) == 2 and isinstance(input[0], tuple) and isinstance(input[1], dict):
        made = policy.key_func(*input[0], **input[1])  # a called task: its arguments
    else:
        made = policy.key_func(input)
    return (namespace(node), xxh3_128_hexdigest(made.encode() if isinstance(made, str) else made))


def fetched(cache: Any, key: Key) -> Generator[Effect, Any, Sequence[Write] | None]:
    """The writes that are kept under a key, or None."""
    found = yield Call(cache.get, ([key],), {}, False, cache.aget)
    return found.get(key) if found else None


def stored(cache: Any, key: Key, writes: Sequence[Write], ttl: int | None) -> Generator[Effect, Any, None]:
    """Keep writes under a key for ``ttl`` seconds."""
    yield Call(cache.set, ({key: (list(writes), ttl)},), {}, False, cache.aset)
