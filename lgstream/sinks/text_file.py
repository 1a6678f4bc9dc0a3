"""The text files that sinks write to."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, TextIO


def checked_text_file(file: Any, subject: str) -> TextIO:
    """Return ``file`` if it looks like a text file open for writing.

    Args:
        file: what a sink was told to write to.
        subject: the beginning of the sentence that says what the sink takes.

    Raises:
        TypeError: if it does not.
    """
    is_binary = isinstance(file, io.RawIOBase | io.BufferedIOBase)
    if is_binary or not callable(getattr(file, "write", None)):
        remedy = f" Open it: open({str(file)!r}, 'w', encoding='utf-8')." if isinstance(file, str | Path) else ""
        raise TypeError(f"{subject} a text file open for writing, not {file!r}.{remedy}")
    text_file: TextIO = file
    return text_file
