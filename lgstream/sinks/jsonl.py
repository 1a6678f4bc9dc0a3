"""Events in a file, one JSON object a line (see :mod:`lgstream.sinks.json_codec`), and back."""

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

log = logging.getLogger("lgstream.sinks")


class Jsonl:
    """A sink that writes each event as a line of JSON, at once: after a crash the file holds all up to then.

    Args:
        file: a path, or a text file open for writing. The file at a path is emptied now, grows by each run shown to
            this sink, and is open only while one goes on; an open file is left open.

    Raises:
        OSError: the path cannot be written.
    """

    def __init__(self, file: str | os.PathLike[str] | TextIO) -> None:
        self.path = Path(file) if isinstance(file, str | os.PathLike) else None
        self._file = None if isinstance(file, str | os.PathLike) else file
        self._runs = 0
        self._lock = Lock()
        if self.path is not None:
            self.path.write_text("")

    def __call__(self, event: Event) -> None:
        # a file of the user's may be in any encoding
        line = json.dumps(encode_event(event), ensure_ascii=self.path is None, separators=(",", ":"))
        with self._lock:
            if self._file is None:
                assert self.path is not None
                self._file = self.path.open("a", encoding="utf-8", errors="surrogatepass")
            self._file.write(line + "\n")
            self._file.flush()
            self._runs += isinstance(event, RunStarted) - isinstance(event, RunFinished)
            if self.path is not None and self._runs <= 0:
                self._file.close()
                self._file = None


def read_jsonl(path: str | os.PathLike[str]) -> Iterator[Event]:
    """The events in a file written by :class:`Jsonl`, in order.

    A last line that is cut off, as a crash leaves it, is left out, with a warning to the logger ``lgstream.sinks``.

    Raises:
        OSError: the file cannot be read.
        ValueError: a line is no event; the message names file and line.
    """
    with Path(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield decode_event(json.loads(line.decode("utf-8", "surrogatepass")))
            except ValueError as error:
                if not line.endswith(b"\n"):
                    log.warning(
                        "%s, line %d is cut off and left out; the run was not recorded to its end.", path, number
                    )
                    return
                raise ValueError(f"{path}, line {number}: {error}") from error
