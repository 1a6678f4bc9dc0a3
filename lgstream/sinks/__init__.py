"""Where events go: a sink is a callable that is given each event of a run."""

from lgstream.sinks.attach import attach, attached
from lgstream.sinks.collect import Collect
from lgstream.sinks.console import Console
from lgstream.sinks.fanout import FanOut
from lgstream.sinks.jsonl import Jsonl, read_jsonl
from lgstream.sinks.sink import Sink

__all__ = ["Collect", "Console", "FanOut", "Jsonl", "Sink", "attach", "attached", "read_jsonl"]
