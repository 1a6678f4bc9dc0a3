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


PythonMessage: TypeAlias = FrameMessage | FramesMessage
"""What Python sends."""

FrontEndMessage: TypeAlias = ResyncMessage | StopMessage | AnswerMessage
"""What the front end sends."""
