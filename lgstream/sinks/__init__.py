"""Where events go: a sink is a callable that is given each event of a run."""

from lgstream.sinks.attach import attach, attached
from lgstream.sinks.fanout import FanOut
from lgstream.sinks.sink import Sink

__all__ = ["FanOut", "Sink", "attach", "attached"]
