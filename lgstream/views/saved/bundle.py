"""A run as it stays in a notebook: all its operations, in few bytes, and back.

``{"graph": "writer", "status": "done", "seconds": 2.4, "left_out": "", "operations": "eJy..."}``

``operations`` is the JSON list of the operations (:mod:`lgstream.views.rows`), deflated (RFC 1950), in base64: as plain
JSON each number would have a line of its own in the file. ``widgets/src/protocol/saved.ts`` reads the same.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from itertools import pairwise
from math import log2
from typing import Any, get_args

from lgstream.views.fold.tables import Tables
from lgstream.views.render import document as outline
from lgstream.views.rows import Operation, Table
from lgstream.views.saved.compact import thinned
from lgstream.views.saved.truncate import Share, extent, shorten

MIME = "application/vnd.lgstream.run.v1+json"

MOST = 500_000
"""Characters of ``operations``; a run of 100,000 tokens takes about 300,000."""

INFLATED = 32_000_000
"""Bytes of JSON that they may be."""

GRAIN = 0.05
"""Seconds: what a live view is told at once."""

MOMENTS = 2_000
"""Moments of a long run that are told apart: about the pixels of its timeline."""

PAUSE = 1.0
"""Seconds in which nothing happens that count as time of the run: a human may have been asked."""

PIECE = 1_000
"""Operations that are packed before it is seen whether they still fit."""


def save(ops: Sequence[Operation], tables: Tables, most: int = MOST) -> dict[str, Any] | None:
    """The run of these operations, which amount to ``tables``, as JSON data.

    ``operations`` will be at most ``most`` characters. What does not fit is left
    out, which ``left_out`` then says, here and in the run's row. None where even the least that is kept does not fit.
    """
    run = outline.run(tables)
    facts = {"graph": run.get("graph"), "status": run.get("status"), "seconds": outline.until(tables)}
    ops = thinned(ops, grain(ops))
    packed, part = _packed(ops, most)
    if packed is not None:
        return {**facts, "left_out": "", "operations": packed}
    whole = extent(tables)
    shares = [share for n in range(10) if not (share := _share(most, n)).holds(whole)]
    found: dict[str, Any] | None = None
    tried: set[int] = set()
    at = min(int(-log2(max(part, 1e-9))), len(shares) - 1)  # each is about half of the one before it
    while 0 <= at < len(shares) and at not in tried:
        tried.add(at)
        fewer, left_out = shorten(ops, tables, shares[at], whole)
        packed, _ = _packed([(0.0, "run", "run", {"left_out": left_out}), *fewer], most)
        if packed is not None:
            found = {**facts, "left_out": left_out, "operations": packed}
            if len(packed) > most // 2:
                break
        at += 1 if packed is None else -1
    return found


def _share(most: int, n: int) -> Share:
    return Share(value=2_000 >> n // 2, said=most >> n, rows=most >> n + 4)


def restore(data: Any) -> list[Operation]:
    """The operations of a saved run.

    Raises:
        ValueError: ``data`` is no saved run.
    """
    try:
        inflate = zlib.decompressobj()
        text = inflate.decompress(base64.b64decode(data["operations"], validate=True), INFLATED)
        if not inflate.eof:
            raise ValueError(f"its operations are cut off, or more than {INFLATED:,} bytes")
        return [_operation(each) for each in json.loads(text) if each[1] in get_args(Table)]
    except (KeyError, IndexError, TypeError, ValueError, RecursionError, zlib.error) as error:
        raise ValueError(
            f"This is no saved run: {str(error) or type(error).__name__}. A run is what an output of a notebook holds "
            f"under {MIME!r}, as it is there."
        ) from error


def grain(ops: Sequence[Operation]) -> float:
    """The seconds within which a saved run tells nothing apart."""
    busy = sum(min(after[0] - before[0], PAUSE) for before, after in pairwise(ops))
    return max(GRAIN, busy / MOMENTS)


def _packed(ops: Sequence[Operation], most: int) -> tuple[str | None, float]:
    """The operations as they are saved, and 1; where they are too many None, and about which part of them fits."""
    deflate = zlib.compressobj()
    packed = bytearray()
    size, room = 0, most // 4 * 3
    for start in range(0, max(len(ops), 1), PIECE):
        text = json.dumps(ops[start : start + PIECE], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        inside = text[1:-1] if start == 0 else f",{text[1:-1]}"
        data = inside.encode(errors="replace")
        size += len(data)
        packed += deflate.compress(b"[" + data if start == 0 else data)
        if size > INFLATED or len(packed) > room:  # known early
            part = min((start + PIECE) / len(ops), 1)
            return None, part * min(room / max(len(packed), 1), INFLATED / size)
    packed += deflate.compress(b"]") + deflate.flush()
    return (base64.b64encode(packed).decode(), 1) if len(packed) <= room else (None, room / len(packed))


def _operation(given: Any) -> Operation:
    if isinstance(given, list):
        match given:
            case [int() | float() as t, str() as table, str() as row, dict() as fields]:
                return (t, table, row, fields)  # type: ignore[return-value]
            case [int() | float() as t, str() as table, str() as row, str() as field, str() as text]:
                return (t, table, row, field, text)  # type: ignore[return-value]
    raise ValueError(f"{given!r:.100} is no operation")
