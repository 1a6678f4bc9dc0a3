"""Watching a run as in a notebook cell, without a kernel: the comm only encodes the messages as JSON."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import comm
from comm.base_comm import BaseComm

from benchmarks.graph_runs import CONFIG
from lgstream.sinks import Collect
from lgstream.widgets.feed import Feed, clock_thread
from lgstream.widgets.runview import RunView


class EncodingComm(BaseComm):
    """A comm that encodes each message as JSON, as a kernel does, and does not send it."""

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        json.dumps({"type": msg_type, "data": data, "metadata": metadata}).encode()


def watch_headless(graph: Any, graph_input: Any) -> tuple[Any, Feed]:
    """Run the graph until its view is complete; return the result, and the feed with the events and rows of the run."""
    collect = Collect()
    with patch.object(comm, "create_comm", EncodingComm):
        feed = Feed(collect.events, RunView("kernel"))
    with clock_thread(feed.tick):
        result = graph.invoke(graph_input, CONFIG, sinks=[collect])
    feed.flush()
    return result, feed
