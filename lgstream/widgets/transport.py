"""Operations to the front end over a line that loses messages.

Python sends custom messages, the front end answers with custom messages:

========================================================== ============================================================
``{"kind": "frame", "seq": 7, "ops": [...]}``              to the front end: the operations of about 50 ms, in order;
                                                           ``seq`` counts from 1
``{"kind": "resync", "after": 7}``                         to Python: the frames after 7 are missing
``{"kind": "frames", "frames": [{"seq", "ops"}, ...]}``    to the front end: the missing frames, in order, in as many
                                                           messages as it takes
``{"kind": "stop"}``                                       to Python: the Stop button
``{"kind": "answer", "id": "...", "value": ...}``          to Python: a form was sent; the interrupt's id, any JSON
========================================================== ============================================================

A message holds about 128 KB at most: larger ones freeze the page. The kernel keeps every frame.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypedDict

from lgstream.views.rows import Add, Operation, Put

FRAME_BYTES = 128 * 1024
"""Bytes of JSON in one message, but for the little around the operations."""

PIECE = FRAME_BYTES // 8
"""Characters of a text that are sent in one operation: a character is at most 6 bytes of JSON."""


class Frame(TypedDict):
    """Operations sent in one message; ``seq`` counts the frames of a run from 1."""

    seq: int
    ops: list[Operation]


class Transport:
    """The frames of one run: sent as they are made, kept, and sent again on request.

    ``push`` is for one thread at a time; ``resync`` may come from another.

    Args:
        send: sends one custom message.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._frames: list[Frame] = []
        self._sizes: list[int] = []

    @property
    def last_seq(self) -> int:
        """The number of the last frame; 0 before the first."""
        return len(self._frames)

    @property
    def operations(self) -> list[Operation]:
        """All that was sent, in order."""
        return [op for frame in self._frames for op in frame["ops"]]

    def push(self, ops: Iterable[Operation]) -> None:
        """Send ``ops`` as one frame, or as several when they are too many for one."""
        first = self.last_seq
        for size, part in packed(ops):
            self._sizes.append(size)
            self._frames.append(Frame(seq=self.last_seq + 1, ops=part))
        for frame in self._frames[first:]:  # all are kept by now, whatever becomes of the sending
            self._send({"kind": "frame", **frame})

    def resync(self, after: int) -> None:
        """Send every frame after the one numbered ``after`` again."""
        batch: list[Frame] = []
        size = 0
        for frame in self._frames[max(after, 0) :]:
            frame_size = self._sizes[frame["seq"] - 1]
            if batch and size + frame_size > FRAME_BYTES:
                self._send({"kind": "frames", "frames": batch})
                batch, size = [], 0
            batch.append(frame)
            size += frame_size
        if batch:
            self._send({"kind": "frames", "frames": batch})


def packed(ops: Iterable[Operation]) -> Iterator[tuple[int, list[Operation]]]:
    """``ops`` in runs of at most :data:`FRAME_BYTES` of JSON, each with its size."""
    part: list[Operation] = []
    size = 0
    for op in ops:
        for piece in chopped(op):
            sendable, piece_size = measured(piece)
            if part and size + piece_size > FRAME_BYTES:
                yield size, part
                part, size = [], 0
            part.append(sendable)
            size += piece_size
    if part:
        yield size, part


def chopped(op: Operation) -> Iterator[Operation]:
    """``op``, its long texts in pieces: what is over of a put is added to it."""
    if len(op) == 5:
        time, table, row, name, text = op
        yield from _adds((time, table, row, name), text)
        return
    time, table, row, fields = op
    long = {name: value for name, value in fields.items() if isinstance(value, str) and len(value) > PIECE}
    short: Put = (time, table, row, {**fields, **{name: value[:PIECE] for name, value in long.items()}})
    yield short
    for name, value in long.items():
        yield from _adds((time, table, row, name), value[PIECE:])


def _adds(where: tuple[Any, ...], text: str) -> Iterator[Add]:
    for start in range(0, max(len(text), 1), PIECE):
        yield (*where, text[start : start + PIECE])


def measured(op: Operation) -> tuple[Operation, int]:
    """``op`` and its bytes of JSON; half characters, which have no bytes, are replaced."""
    text = json.dumps(op, ensure_ascii=False)
    try:
        return op, len(text.encode()) + 2
    except UnicodeEncodeError:
        clean = text.encode(errors="replace")
        return json.loads(clean), len(clean) + 2
