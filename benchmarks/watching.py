"""A run watched as in a notebook cell, but for the kernel: its line is one that only writes the messages as JSON."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import comm
from comm.base_comm import BaseComm

from benchmarks.graphs import CONFIG
from lgstream.sinks import Collect
from lgstream.widgets.feed import Feed, clock_thread
from lgstream.widgets.runview import RunView


class Line(BaseComm):
    """A comm that does with a message what a kernel does before it sends: it makes JSON of it."""

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        json.dumps({"type": msg_type, "data": data, "metadata": metadata}).encode()


def watched(graph: Any, input: Any) -> tuple[Any, Feed]:
    """What ``invoke`` returns, the view complete; and the feed, which holds the events and rows of the run."""
    collect = Collect()
    with patch.object(comm, "create_comm", Line):
        feed = Feed(collect.events, RunView("kernel"))
    with clock_thread(feed.tick):
        result = graph.invoke(input, CONFIG, sinks=[collect])
    feed.flush()
    return result, feed
