"""Write events to a file, one JSON object per line (see :mod:`lgstream.sinks.json_codec`), and read them back."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import TextIO

from lgstream.events import Event, RunFinished, RunStarted
from lgstream.sinks.json_codec import decode_event, encode_event

logger = logging.getLogger("lgstream.sinks")


class Jsonl:
    """A sink that writes each event as a line of JSON and flushes it, so after a crash the file is complete up to then.

    Args:
        file: a path, or a text file open for writing. A path is truncated when the sink is created; every run that uses
            the sink appends to it, and the file is open only while a run is in progress. An open file is never closed.

    Attributes:
        path: the path of the file; None if an open file was passed.

    Raises:
        OSError: if the path cannot be written.

    Example:
        >>> graph.invoke({"topic": "owls"}, sinks=[Jsonl("run.jsonl")])
        >>> events = list(read_jsonl("run.jsonl"))
    """

    def __init__(self, file: str | os.PathLike[str] | TextIO) -> None:
        self.path = Path(file) if isinstance(file, str | os.PathLike) else None
        self._file = None if isinstance(file, str | os.PathLike) else file
        self._open_runs = 0
        self._lock = Lock()
        if self.path is not None:
            self.path.write_text("")

    def __call__(self, event: Event) -> None:
        """Write ``event`` as a line and flush the file."""
        # an open file passed by the caller may have any encoding
        line = json.dumps(encode_event(event), ensure_ascii=self.path is None, separators=(",", ":"))
        with self._lock:
            if self._file is None:
                assert self.path is not None
                self._file = self.path.open("a", encoding="utf-8", errors="surrogatepass")
            self._file.write(line + "\n")
            self._file.flush()
            self._open_runs += isinstance(event, RunStarted) - isinstance(event, RunFinished)
            if self.path is not None and self._open_runs <= 0:
                self._file.close()
                self._file = None


def read_jsonl(path: str | os.PathLike[str]) -> Iterator[Event]:
    """Read the events of a file that was written by :class:`Jsonl`.

    A last line that is cut off, as after a crash, is skipped with a warning to the logger ``lgstream.sinks``.

    Args:
        path: the file.

    Returns:
        An iterator over the events, in order. The file is read while iterating.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if a line is not an event; the message names the file and the line.
    """
    with Path(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield decode_event(json.loads(line.decode("utf-8", "surrogatepass")))
            except ValueError as error:
                if not line.endswith(b"\n"):
                    logger.warning(
                        "%s, line %d is cut off and left out; the run was not recorded to its end.", path, number
                    )
                    return
                raise ValueError(f"{path}, line {number}: {error}") from error
