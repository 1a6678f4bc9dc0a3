"""Sinks: callables that receive every event of a run, for example to print it or to write it to a file."""

from lgstream.sinks.attach import attach, attached_sinks
from lgstream.sinks.collect import Collect
from lgstream.sinks.console import Console
from lgstream.sinks.fanout import FanOut
from lgstream.sinks.jsonl import Jsonl
from lgstream.sinks.jsonl_reader import read_jsonl
from lgstream.sinks.queued import Queued
from lgstream.sinks.redacted import Redacted, redact_event
from lgstream.sinks.sink import Sink

__all__ = [
    "Collect", "Console", "FanOut", "Jsonl", "Queued", "Redacted", "Sink", "attach", "attached_sinks", "read_jsonl",
    "redact_event",
]  # fmt: skip
