"""A sink that collects events in a list."""

from __future__ import annotations

from lgstream.events import Event


class Collect:
    """A sink that appends every event to the list ``events``, in order.

    Attributes:
        events: the events received so far.

    Example:
        >>> sink = Collect()
        >>> graph.invoke({"topic": "owls"}, sinks=[sink])
        >>> sink.events[0]
        RunStarted(...)
    """

    runs_inline = True

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Append ``event`` to ``events``."""
        self.events.append(event)
