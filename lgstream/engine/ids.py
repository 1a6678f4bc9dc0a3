"""Where a task is in its run, as an id and as text. Pure."""

from __future__ import annotations

from os import urandom
from typing import Any

from xxhash import xxh3_128_hexdigest


def dashed(digits: str) -> str:
    """32 hexadecimal digits as a UUID is written."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def random_id() -> str:
    """An id of its own, written as a UUID is."""
    return dashed(urandom(16).hex())


def task_id(checkpoint: bytes, ns: str, step: int, node: str, kind: str, parts: str) -> str:
    """The id of a task, a function of where it runs, so that a resumed run finds its writes again.

    The same as LangGraph's for the same checkpoint: ``checkpoint`` are the 16 bytes of its id, ``ns`` the task's
    namespace without its id, ``parts`` its triggers joined, or the index of its Send.
    """
    return dashed(xxh3_128_hexdigest(checkpoint + f"{ns}{step}{node}{kind}{parts}".encode()))


def path_text(path: tuple[Any, ...]) -> str:
    """A task's path as text that sorts as tasks do: indices with leading zeros."""
    parts = (
        path_text(part) if isinstance(part, tuple) else f"{part:010d}" if isinstance(part, int) else str(part)
        for part in path
    )
    return f"~{', '.join(parts)}"
