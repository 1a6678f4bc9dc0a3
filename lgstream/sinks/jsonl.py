"""Write events to a file, one JSON object per line (see :mod:`lgstream.sinks.json_codec`)."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Literal, TextIO, cast, get_args

from lgstream.events import Event, RunFinished, RunStarted
from lgstream.redaction import RedactOption, redactor_source
from lgstream.sinks.json_codec import TokenMetadata, encode_event
from lgstream.sinks.queued import QueuePolicy
from lgstream.sinks.text_file import checked_text_file

_UNICODE_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ASCII_ENCODER = json.JSONEncoder(separators=(",", ":"))

IfExists = Literal["append", "new", "replace", "fail"]


class Jsonl:
    """A sink that writes each event as a line of JSON and flushes it, so after a crash the file is complete up to then.

    Args:
        file: a path, or a text file open for writing. A path that ends in ``.gz`` is compressed. A file named by a path
            is open only while a run is in progress; an open file is never closed.
        if_exists: what to do with a path that exists: ``"append"`` to the file, write to a ``"new"`` file with a number
            in its name (``run-2.jsonl``), ``"replace"`` the file, or ``"fail"``. Every run that uses the sink is
            appended to the file of the sink.
        redact: hides secrets, see :mod:`lgstream.redaction`; None to write all.

    Attributes:
        path: the path of the file that is written; None if an open file was passed.

    Raises:
        OSError: if the path cannot be written; FileExistsError if it exists and ``if_exists`` is ``"fail"``.
        TypeError: if ``file`` is neither a path nor a file, or ``redact`` is not a function.
        ValueError: if ``if_exists`` is none of the above.

    Example:
        >>> graph.invoke({"topic": "owls"}, sinks=[Jsonl("run.jsonl")])
        >>> events = list(read_jsonl("run.jsonl"))
    """

    queue_policy = QueuePolicy(overflow="block", timeout=60.0)  # a record has no gaps as long as the disk works

    def __init__(
        self,
        file: str | os.PathLike[str] | TextIO,
        *,
        if_exists: IfExists = "append",
        redact: RedactOption = "default",
    ) -> None:
        self._redactor = redactor_source(redact)
        self._token_metadata = TokenMetadata()
        if if_exists not in get_args(IfExists):
            raise ValueError(f"if_exists is {if_exists!r}, and must be one of {', '.join(get_args(IfExists))}.")
        self.path: Path | None = None
        self._text_file: TextIO | None = None
        if isinstance(file, str | os.PathLike):
            self.path = _create_file(Path(file), if_exists)
        else:
            self._text_file = checked_text_file(file, "Jsonl takes a path or")
        self._line_file: _LineFile | None = None
        self._open_runs = 0
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        """Write ``event`` as a line and flush the file."""
        data = encode_event(event, self._redactor(), self._token_metadata)
        if self._text_file is not None:
            line = _ASCII_ENCODER.encode(data) + "\n"  # in ASCII, for the file may have any encoding
            with self._lock:
                self._text_file.write(line)
                self._text_file.flush()
            return
        encoded = _encode_line(data)
        with self._lock:
            if self._line_file is None:
                self._line_file = _LineFile(cast("Path", self.path))
            try:
                self._line_file.write(encoded)
            except BaseException:
                self._close_file()  # opened again, it begins with a new line
                raise
            self._open_runs += isinstance(event, RunStarted) - isinstance(event, RunFinished)
            if self._open_runs <= 0:
                self._close_file()

    def _close_file(self) -> None:
        if self._line_file is not None:
            file, self._line_file, self._open_runs = self._line_file, None, max(self._open_runs, 0)
            file.close()


class _LineFile:
    """A file to which whole lines are appended, compressed if its name ends in ``.gz``."""

    def __init__(self, path: Path) -> None:
        is_compressed = path.suffix == ".gz"
        begins_with_line_end = _is_cut_off(path, is_compressed)
        self._file: BinaryIO = path.open("ab")
        # without name and time, all parts of the file begin with the same bytes, by which the reader finds them
        self._gzip = gzip.GzipFile("", "ab", fileobj=self._file, mtime=0) if is_compressed else None
        if begins_with_line_end:
            self.write(b"\n")

    def write(self, line: bytes) -> None:
        file = self._gzip or self._file
        file.write(line)
        file.flush()

    def close(self) -> None:
        """Close the file. What cannot be written any more was reported by :meth:`write`."""
        with suppress(OSError, ValueError):
            if self._gzip is not None:
                self._gzip.close()
        with suppress(OSError):
            self._file.close()


def _is_cut_off(path: Path, is_compressed: bool) -> bool:
    """Tell whether the last line of a file has no end. In a compressed file that is not known, and taken to be so."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        if file.seek(0, os.SEEK_END) > 0:
            file.seek(-1, os.SEEK_END)
            return is_compressed or file.read(1) != b"\n"
    return False


def _create_file(path: Path, if_exists: IfExists) -> Path:
    if if_exists == "new":
        suffix = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
        stem = path.name.removesuffix(suffix)
        for number in count(1):
            candidate = path if number == 1 else path.with_name(f"{stem}-{number}{suffix}")
            with suppress(FileExistsError):
                candidate.open("xb").close()
                return candidate
    path.open({"append": "ab", "replace": "wb"}.get(if_exists, "xb")).close()
    return path


def _encode_line(data: dict[str, object]) -> bytes:
    try:
        return _UNICODE_ENCODER.encode(data).encode() + b"\n"
    except UnicodeEncodeError:  # lone surrogates, which UTF-8 does not have
        return _ASCII_ENCODER.encode(data).encode() + b"\n"
