"""Static breakpoints: the run waits before or after a node, and continues with its state as it is or edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lgstream.events import Event, Interrupted, RunFinished
from lgstream.redaction import redacted_repr


def state_at_breakpoint(events: Sequence[Event]) -> Any:
    """Return the state of a run that waits at a breakpoint."""
    return next((event.values for event in reversed(events) if isinstance(event, Interrupted)), None)


def is_at_breakpoint(events: Sequence[Event]) -> bool:
    """Return True if the run waits at a breakpoint and has no open question."""
    interrupted = next((event for event in reversed(events) if isinstance(event, Interrupted)), None)
    last = events[-1] if events else None
    is_waiting = isinstance(last, RunFinished) and last.status == "interrupted"
    return is_waiting and interrupted is not None and not interrupted.interrupts


def update_from_edit(
    channels: Mapping[str, Any],
    before: Any,
    after: Any,
    has_reducer: Callable[[Any], bool],
    overwrite: Callable[[Any], Any],
) -> dict[str, Any]:
    """Return the update that changes the state from ``before`` to ``after``: the keys whose values differ.

    Args:
        channels: the channels of the graph, by key.
        before: the state at the breakpoint.
        after: the edited keys, or None for none.
        has_reducer: returns True for a channel that combines writes with a reducer.
        overwrite: returns a write that replaces the value of such a channel.

    Raises:
        TypeError: if ``after`` is neither a mapping nor None.
        ValueError: if ``after`` has a key that the graph's state does not have.
    """
    if after is None:
        return {}
    if not isinstance(after, Mapping):
        raise TypeError(
            f"At a breakpoint the answer is a dict of the keys to change, or nothing; not {redacted_repr(after)}."
        )
    if unknown := [key for key in after if key not in channels]:
        raise ValueError(f"The state of the graph has no key {unknown[0]!r}.")
    current = before if isinstance(before, Mapping) else {}
    return {
        key: overwrite(value) if has_reducer(channels[key]) else value
        for key, value in after.items()
        if key not in current or current[key] != value
    }
