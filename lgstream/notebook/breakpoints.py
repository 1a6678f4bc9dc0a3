"""Static breakpoints: the run waits before a node, or after one, and goes on as it is or with an edited state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lgstream.events import Event, Interrupted, RunFinished

REDUCED = "BinaryOperatorAggregate"
"""The class of a channel with a reducer, in either package: what is edited replaces its value, not adds to it."""


def state_at(events: Sequence[Event]) -> Any:
    """The state of a run that waits at a breakpoint."""
    return next((event.values for event in reversed(events) if isinstance(event, Interrupted)), None)


def at_breakpoint(events: Sequence[Event]) -> bool:
    """Whether the run waits at a breakpoint, and asks nothing."""
    last = next((event for event in reversed(events) if isinstance(event, Interrupted)), None)
    over = events[-1] if events else None
    waits = isinstance(over, RunFinished) and over.status == "interrupted"
    return waits and last is not None and not last.interrupts


def edits(graph: Any, before: Any, after: Any, overwrite: Callable[[Any], Any]) -> dict[str, Any]:
    """The update that makes the state ``after`` where it was ``before``: the keys that differ.

    Raises:
        TypeError: ``after`` is no dict.
        ValueError: ``after`` has a key that the graph's state does not have.
    """
    if after is None:
        return {}
    if not isinstance(after, Mapping):
        raise TypeError(f"At a breakpoint the answer is a dict of the keys to change, or nothing; not {after!r}.")
    known = graph.channels
    if unknown := [key for key in after if key not in known]:
        raise ValueError(f"The state of the graph has no key {unknown[0]!r}.")
    held = before if isinstance(before, Mapping) else {}
    return {
        key: overwrite(value) if type(known[key]).__name__ == REDUCED else value
        for key, value in after.items()
        if key not in held or held[key] != value
    }
