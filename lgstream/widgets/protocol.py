"""The messages between Python and the front end, as documented in ``docs/protocol.md``.

``widgets/src/protocol/messages.ts`` has the same types; tests compare both with ``tests/fixtures/protocol.json``.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

from lgstream.views.rows import Operation

StopMode: TypeAlias = Literal["button", "kernel", "none"]
"""``"button"``: Stop sends a message. ``"kernel"``: only interrupting the kernel stops the run. ``"none"``: no Stop."""


class Frame(TypedDict):
    """Operations that are sent together; ``seq`` counts the frames of a run from 1."""

    seq: int
    ops: list[Operation]


class FrameMessage(TypedDict):
    """To the front end: the operations of about 50 ms."""

    kind: Literal["frame"]
    seq: int
    ops: list[Operation]


class FramesMessage(TypedDict):
    """To the front end, after a resync: missing frames, in order; several messages if they are too large for one."""

    kind: Literal["frames"]
    frames: list[Frame]


class OutputVersion(TypedDict):
    """Which output shows a run, and how often it was replaced."""

    id: str
    revision: int


class OutputMessage(TypedDict):
    """To the front end: the mime bundle of the output that shows the run, as it was published last."""

    kind: Literal["output"]
    version: OutputVersion
    data: dict[str, Any]
    metadata: dict[str, Any]


class ResyncMessage(TypedDict):
    """From the front end: all frames after the one numbered ``after`` are needed again."""

    kind: Literal["resync"]
    after: int


class StopMessage(TypedDict):
    """From the front end: the reader pressed Stop."""

    kind: Literal["stop"]


class AnswerMessage(TypedDict):
    """From the front end: the answer to the open question with this interrupt id."""

    kind: Literal["answer"]
    id: str
    value: Any


class GetOutputMessage(TypedDict):
    """From the front end: the output in the notebook is older than ``output_version`` says."""

    kind: Literal["get_output"]


PythonMessage: TypeAlias = FrameMessage | FramesMessage | OutputMessage
"""What Python sends."""

FrontEndMessage: TypeAlias = ResyncMessage | StopMessage | AnswerMessage | GetOutputMessage
"""What the front end sends."""
