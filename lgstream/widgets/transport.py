"""Send operations to the front end over a channel that loses messages.

Operations are sent in numbered frames. The front end requests the frames that it misses, so the kernel keeps every
frame of a run. ``docs/protocol.md`` describes the messages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from lgstream.views.rows import Add, Operation, Put, Table
from lgstream.widgets.protocol import Frame, FrameMessage, FramesMessage, PythonMessage

MAX_FRAME_BYTES = 128 * 1024
"""Bytes of JSON in one message, except for the little around the operations. Larger messages freeze the page."""

MAX_TEXT_CHARS = MAX_FRAME_BYTES // 8
"""Characters of a text in one operation; a character is at most 6 bytes of JSON."""


class Transport:
    """The frames of one run: sent, kept, and sent again on request.

    ``push`` must be called by one thread at a time; ``resync`` may be called by another.

    Args:
        send: sends one custom message.
    """

    def __init__(self, send: Callable[[PythonMessage], None]) -> None:
        self._send = send
        self._frames: list[Frame] = []
        self._sizes: list[int] = []

    @property
    def last_seq(self) -> int:
        """The number of the last frame; 0 before the first."""
        return len(self._frames)

    @property
    def operations(self) -> list[Operation]:
        """All operations that were sent, in order."""
        return [op for frame in self._frames for op in frame["ops"]]

    def push(self, operations: Iterable[Operation]) -> None:
        """Send operations as one frame, or as several if they are too large for one."""
        first = self.last_seq
        for size, ops in split_into_frames(operations):
            self._sizes.append(size)
            self._frames.append(Frame(seq=self.last_seq + 1, ops=ops))
        for frame in self._frames[first:]:  # all are kept already, even if sending fails
            self._send(FrameMessage(kind="frame", **frame))

    def resync(self, after: int) -> None:
        """Send every frame after the one numbered ``after`` again."""
        batch: list[Frame] = []
        batch_size = 0
        for frame in self._frames[max(after, 0) :]:
            size = self._sizes[frame["seq"] - 1]
            if batch and batch_size + size > MAX_FRAME_BYTES:
                self._send(FramesMessage(kind="frames", frames=batch))
                batch, batch_size = [], 0
            batch.append(frame)
            batch_size += size
        if batch:
            self._send(FramesMessage(kind="frames", frames=batch))


def split_into_frames(operations: Iterable[Operation]) -> Iterator[tuple[int, list[Operation]]]:
    """Split operations into lists of at most :data:`MAX_FRAME_BYTES` of JSON; yield the size of each and the list."""
    frame: list[Operation] = []
    frame_size = 0
    for operation in operations:
        for part in split_texts(operation):
            encodable, size = with_encoded_size(part)
            if frame and frame_size + size > MAX_FRAME_BYTES:
                yield frame_size, frame
                frame, frame_size = [], 0
            frame.append(encodable)
            frame_size += size
    if frame:
        yield frame_size, frame


def split_texts(operation: Operation) -> Iterator[Operation]:
    """Split the long texts of an operation into several operations: a put is followed by adds of the rest."""
    if len(operation) == 5:
        yield from _split_add(*operation)
        return
    time, table, row, fields = operation
    long = {name: text for name, text in fields.items() if isinstance(text, str) and len(text) > MAX_TEXT_CHARS}
    put: Put = (time, table, row, {**fields, **{name: text[:MAX_TEXT_CHARS] for name, text in long.items()}})
    yield put
    for name, text in long.items():
        yield from _split_add(time, table, row, name, text[MAX_TEXT_CHARS:])


def _split_add(time: float, table: Table, row: str, field: str, text: str) -> Iterator[Add]:
    for start in range(0, max(len(text), 1), MAX_TEXT_CHARS):
        yield time, table, row, field, text[start : start + MAX_TEXT_CHARS]


def with_encoded_size(operation: Operation) -> tuple[Operation, int]:
    """Return an operation that can be encoded, with its size in bytes of JSON; lone surrogates are replaced."""
    text = json.dumps(operation, ensure_ascii=False)
    try:
        return operation, len(text.encode()) + 2
    except UnicodeEncodeError:
        encodable = text.encode(errors="replace")
        return json.loads(encodable), len(encodable) + 2
