"""Read the files of :class:`~lgstream.sinks.Jsonl`, also damaged ones: what can be read is read, the rest is named."""

from __future__ import annotations

import json
import logging
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from lgstream.events import KINDS, Event
from lgstream.sinks.json_codec import NewerFormatError, decode_event, unknown_fields

logger = logging.getLogger("lgstream.sinks")

MAX_LINE_BYTES = 128 * 1024 * 1024
"""Length of the lines that are read; :class:`~lgstream.sinks.Jsonl` writes shorter ones. Longer ones are left out."""

MAX_WARNINGS = 20
"""Problems of one file that are logged one by one; the others are counted."""

_CHUNK_BYTES = 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_MEMBER_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
"""The first bytes of what Jsonl adds to a compressed file. They are no UTF-8, so the lines do not contain them."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EVENT_START = re.compile(rf'\{{"kind":"(?:{"|".join(kind.__name__ for kind in KINDS)})"'.encode())
_MAX_EVENT_STARTS = 20


def read_jsonl(path: str | os.PathLike[str]) -> Iterator[Event]:
    """Read the events of a file that was written by :class:`Jsonl`, compressed with gzip or not.

    Lines that cannot be read, as after a crash, are left out. Each is named in a warning to the logger
    ``lgstream.sinks``, as are fields that this version does not know, and runs in a format of a newer version.

    Args:
        path: the file.

    Returns:
        An iterator over the events, in order. The file is read while iterating.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if the file has lines but none of them is an event; the message names the first one.
    """
    problems = _Problems(path)
    reader = _LineReader(problems)
    has_events = False
    with Path(path).open("rb") as file:
        for number, (line, is_ended) in enumerate(_split_lines(_read_chunks(file, problems)), 1):
            if line is not None and not line.removeprefix(_BYTE_ORDER_MARK).strip():
                continue
            event = reader.read(line, number, is_ended)
            if event is not None:
                has_events = True
                yield event
    if problems.first_error is not None and not has_events:
        raise ValueError(problems.first_error)
    problems.log_the_rest()


class _Problems:
    """Logs what cannot be read of a file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._count = 0
        self.first_error: str | None = None

    def add(self, number: int, text: str, *, is_error: bool = False) -> None:
        self._count += 1
        if is_error and self.first_error is None:
            self.first_error = f"{self._path}, line {number}: {text}"
        if self._count <= MAX_WARNINGS:
            logger.warning("%s, line %d%s%s", self._path, number, ": " if is_error else " ", text)

    def add_damage(self) -> None:
        logger.warning("%s contains compressed data that are damaged; the lines in them are left out.", self._path)

    def log_the_rest(self) -> None:
        if self._count > MAX_WARNINGS:
            logger.warning("%s has %d more problems.", self._path, self._count - MAX_WARNINGS)


class _LineReader:
    """Reads the events of lines, and names those that it cannot read."""

    def __init__(self, problems: _Problems) -> None:
        self._problems = problems
        self._newer_runs: set[str] = set()

    def read(self, line: bytes | None, number: int, is_ended: bool) -> Event | None:
        """Return the event of a line, or None.

        Args:
            line: the line; None if it is too long.
            number: the number of the line.
            is_ended: True if the line has an end.
        """
        problems = self._problems
        if line is None:
            problems.add(number, f"The line is longer than {MAX_LINE_BYTES:,} bytes and left out.", is_error=True)
            return None
        try:
            return self._decode(line.removeprefix(_BYTE_ORDER_MARK), number)
        except NewerFormatError as error:
            problems.add(number, f"{error} The run is left out.", is_error=True)
            return None
        except (ValueError, RecursionError) as error:
            reason = error
        # after a crash, a run may go on in the line
        for match in islice(_EVENT_START.finditer(line, 1), _MAX_EVENT_STARTS):
            try:
                event = self._decode(line[match.start() :], number)
            except (ValueError, RecursionError):
                continue
            problems.add(
                number, f"is cut off after {match.start():,} bytes; only the event that follows there is read."
            )
            return event
        if is_ended or not isinstance(reason, json.JSONDecodeError | UnicodeDecodeError):
            problems.add(number, f"{reason} The line is left out.", is_error=True)
        else:
            problems.add(number, "is cut off and left out; the run was not recorded to its end.")
        return None

    def _decode(self, line: bytes, number: int) -> Event | None:
        data = json.loads(line.decode("utf-8", "surrogatepass"))
        run_id = data.get("run_id") if isinstance(data, dict) else None
        if isinstance(run_id, str) and run_id in self._newer_runs:
            return None
        unknown = unknown_fields(data)
        try:
            event = decode_event({name: data[name] for name in data if name not in unknown} if unknown else data)
        except NewerFormatError:
            if isinstance(run_id, str):
                self._newer_runs.add(run_id)
            raise
        for name in unknown:
            self._problems.add(
                number, f"has a field {name!r}, which this version of lgstream does not know and leaves out."
            )
        return event


def _split_lines(chunks: Iterable[bytes]) -> Iterator[tuple[bytes | None, bool]]:
    """Yield every line without its end, or None if it is too long, and whether it has an end."""
    line, is_too_long = bytearray(), False
    for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            line += end
            yield None if is_too_long else bytes(line), True
            line, is_too_long = bytearray(), False
        line += rest
        if len(line) > MAX_LINE_BYTES:
            line, is_too_long = bytearray(), True
    if line or is_too_long:
        yield None if is_too_long else bytes(line), False


def _read_chunks(file: BinaryIO, problems: _Problems) -> Iterator[bytes]:
    is_compressed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    file.seek(0)
    if is_compressed:
        yield from _inflate(_split_members(file), problems)
        return
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def _split_members(file: BinaryIO) -> Iterator[bytes]:
    """Yield a compressed file in pieces: what Jsonl added begins a piece, also if what was there before is cut off."""
    pending = b""
    while chunk := file.read(_CHUNK_BYTES):
        pending += chunk
        piece_start = 0
        while (start := pending.find(_MEMBER_HEADER, piece_start + 1)) > 0:
            yield pending[piece_start:start]
            piece_start = start
        pending = pending[piece_start:]
        # the last bytes may be the first ones of a header; the first ones of a piece are all of it
        kept = len(_MEMBER_HEADER) - 1
        if len(pending) > 2 * kept:
            yield pending[:-kept]
            pending = pending[-kept:]
    if pending:
        yield pending


def _inflate(pieces: Iterable[bytes], problems: _Problems) -> Iterator[bytes]:
    """Yield the content of gzip data. Content after a damage is left out, up to the next part that Jsonl added."""
    inflater, is_damaged = zlib.decompressobj(wbits=31), False
    for piece in pieces:
        if piece.startswith(_MEMBER_HEADER):
            inflater, is_damaged = zlib.decompressobj(wbits=31), False
        data = piece
        while data and not is_damaged:
            before = inflater.copy()
            try:
                content = inflater.decompress(data, _CHUNK_BYTES)
            except zlib.error:
                problems.add_damage()
                is_damaged = True
                with suppress(zlib.error):
                    for index in range(len(data)):
                        yield before.decompress(data[index : index + 1])
                break
            yield content
            data = inflater.unconsumed_tail
            if inflater.eof:
                data, inflater = inflater.unused_data, zlib.decompressobj(wbits=31)
