"""Events without secrets, for sinks that send them elsewhere."""

from __future__ import annotations

from lgstream.events import Event
from lgstream.redaction import RedactOption, Redactor, redactor_source
from lgstream.sinks.json_codec import decode_event, encode_event
from lgstream.sinks.queued import QueuePolicy, queue_policy
from lgstream.sinks.sink import Sink, check_sink, sink_for_run, wanted_kinds


class Redacted:
    """A sink that passes events on to another sink without secrets.

    The other sink receives events as :func:`~lgstream.sinks.read_jsonl` returns them: copies, in which messages are
    messages, objects of other classes are :class:`~lgstream.sinks.json_codec.RecordedObject` and exceptions are
    :class:`~lgstream.sinks.json_codec.RecordedError`. So it holds no reference to anything that is hidden.

    Args:
        sink: the sink that receives the events.
        redact: the hook, see :mod:`lgstream.redaction`; None to pass the events on as they are.

    Attributes:
        sink: the sink that receives the events.

    Raises:
        TypeError: if ``sink`` is not a sink, or ``redact`` is not a function.

    Example:
        >>> graph.invoke({"topic": "owls"}, sinks=[Redacted(send_to_server)])
    """

    def __init__(self, sink: Sink, redact: RedactOption = "default") -> None:
        check_sink(sink)
        self.sink = sink
        self._redact: RedactOption = redact
        self._redactor = redactor_source(redact)

    @property
    def wants(self) -> frozenset[type]:
        """The event classes that the sink wants."""
        return wanted_kinds(self.sink)

    @property
    def queue_policy(self) -> QueuePolicy:
        """The queue of the sink."""
        return queue_policy(self.sink)

    def for_run(self) -> Sink:
        """Return the sink for one run."""
        sink = sink_for_run(self.sink)
        return self if sink is self.sink else Redacted(sink, self._redact)

    def __call__(self, event: Event) -> None:
        """Pass ``event`` on."""
        self.sink(_without_secrets(event, self._redactor()))


def redact_event(event: Event, redact: RedactOption = "default") -> Event:
    """Return the copy of ``event`` that :class:`Redacted` passes on.

    Args:
        event: the event, which is not changed.
        redact: the hook, see :mod:`lgstream.redaction`; None to return the event as it is.

    Raises:
        TypeError: if ``redact`` is neither callable, nor ``"default"``, nor None.
    """
    return _without_secrets(event, redactor_source(redact)())


def _without_secrets(event: Event, redactor: Redactor | None) -> Event:
    return event if redactor is None else decode_event(encode_event(event, redactor))
