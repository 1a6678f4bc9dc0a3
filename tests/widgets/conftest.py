"""The kernel's side of the channel, without a kernel: comms that record the messages."""

from __future__ import annotations

import json
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm


class RecordingComm(BaseComm):
    """A comm that records its messages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        self.sent.append({"type": msg_type, "data": data})

    def custom(self) -> list[dict[str, Any]]:
        """The custom messages sent so far, as the front end receives them."""
        return [
            json.loads(json.dumps(message["data"]["content"], allow_nan=False))
            for message in self.sent
            if message["data"] and message["data"].get("method") == "custom"
        ]

    def receive(self, content: Any) -> None:
        """Receive a message from the front end."""
        self.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


@pytest.fixture(autouse=True)
def recording_comms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each widget a :class:`RecordingComm`."""
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
