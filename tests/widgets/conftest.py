"""A kernel's end of the line, without a kernel: comms that keep what is sent."""

from __future__ import annotations

import json
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm


class Line(BaseComm):
    """A comm that keeps the messages it is to publish."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        self.sent.append({"type": msg_type, "data": data})

    def custom(self) -> list[dict[str, Any]]:
        """The custom messages sent so far, as the front end gets them."""
        return [
            json.loads(json.dumps(message["data"]["content"], allow_nan=False))
            for message in self.sent
            if message["data"] and message["data"].get("method") == "custom"
        ]

    def answer(self, content: Any) -> None:
        """What the front end sends."""
        self.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have widgets talk to a :class:`Line` each, their ``comm``."""
    monkeypatch.setattr(comm, "create_comm", Line)
