"""A sink that keeps the events."""

from __future__ import annotations

from lgstream.events import Event


class Collect:
    """Keeps the events it is given in ``events``, in order."""

    only_keeps = True

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)
