"""Creates the ids of tasks and runs, and formats task paths as text."""

from __future__ import annotations

from os import urandom
from typing import Any

from xxhash import xxh3_128_hexdigest


class Version1Id(bytes):
    """The 16 bytes of the id of a checkpoint of version 1, for which task ids are computed with SHA-1."""


def format_uuid(digits: str) -> str:
    """Return 32 hexadecimal digits in the form of a UUID."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def random_id() -> str:
    """Return a random id in the form of a UUID."""
    return format_uuid(urandom(16).hex())


def task_id(checkpoint: bytes, ns: str, step: int, node: str, kind: str, parts: str) -> str:
    """Return the id of a task, computed from its place in the run, so that a resumed run finds the task's writes.

    Args:
        checkpoint: the 16 bytes of the id of the checkpoint that the superstep starts from.
        ns: the namespace of the task without its id.
        step: the number of the superstep.
        node: the name of the node.
        kind: the first part of the task's path.
        parts: its triggers joined, or the index of its Send.

    Returns:
        The same id that LangGraph computes for the same checkpoint.
    """
    place = checkpoint + f"{ns}{step}{node}{kind}{parts}".encode()
    if type(checkpoint) is Version1Id:
        from hashlib import sha1

        return format_uuid(sha1(place, usedforsecurity=False).hexdigest()[:32])
    return format_uuid(xxh3_128_hexdigest(place))


def path_text(path: tuple[Any, ...]) -> str:
    """Return a task's path as text that sorts in the order of tasks: indices have leading zeros."""
    parts = (
        path_text(part) if isinstance(part, tuple) else f"{part:010d}" if isinstance(part, int) else str(part)
        for part in path
    )
    return f"~{', '.join(parts)}"
