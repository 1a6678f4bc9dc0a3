"""A run as it is saved in a notebook: all its operations in few bytes, and back.

``{"graph": "writer", "status": "done", "seconds": 2.4, "left_out": "", "operations": "eJy..."}``

``operations`` is the JSON list of the operations (:mod:`lgstream.views.rows`), compressed with zlib (RFC 1950) and
encoded as base64: as plain JSON every number would take a line of its own in the notebook file.
``widgets/src/protocol/saved.ts`` reads the same format.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Sequence
from itertools import pairwise
from math import log2
from typing import Any

from lgstream.views.fold.operation_log import TEXT_RESOLUTION_SECONDS
from lgstream.views.fold.tables import Tables
from lgstream.views.render.document import elapsed_seconds, run_row
from lgstream.views.rows import Operation
from lgstream.views.saved.compact import compact
from lgstream.views.saved.truncate import KeepLimits, measure, truncate_run
from lgstream.views.saved.validation import MAX_OPERATIONS, MAX_ROWS, validate_operations

RUN_MIME_TYPE = "application/vnd.lgstream.run.v1+json"

MAX_SAVED_CHARS = 500_000
"""Characters of ``operations``; a run of 100,000 tokens takes about 300,000."""

MAX_JSON_BYTES = 32_000_000
"""Bytes of their uncompressed JSON."""

MAX_MOMENTS = 2_000
"""Moments of a long run that a reader can step to: about as many as its timeline has pixels."""

MAX_IDLE_SECONDS = 1.0
"""Time without operations that counts for the resolution; a longer gap is probably a human who was asked."""

OPERATIONS_PER_CHUNK = 1_000
"""Operations that are compressed between two checks of the size."""

MAX_TRUNCATION_LEVELS = 10

SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


def save_run(
    operations: Sequence[Operation], tables: Tables, max_chars: int = MAX_SAVED_CHARS
) -> dict[str, Any] | None:
    """Return a run as JSON data.

    Args:
        operations: all operations of the run.
        tables: the rows that they lead to.
        max_chars: the limit for ``operations`` of the result. What does not fit is left out, and named in ``left_out``
            of the result and of the run's row.

    Returns:
        The data, or None if not even a minimum of the run fits.
    """
    run = run_row(tables)
    facts = {"graph": run.get("graph"), "status": run.get("status"), "seconds": elapsed_seconds(tables)}
    operations = compact(operations, time_resolution(operations))
    compressed, fitting_share = _compress(operations, max_chars)
    if compressed is not None and sum(map(len, tables.values())) <= MAX_ROWS:
        return {**facts, "left_out": "", "operations": compressed}
    size = measure(tables)
    all_levels = (_limits(max_chars, level) for level in range(MAX_TRUNCATION_LEVELS))
    levels = [limits for limits in all_levels if not limits.covers(size)]
    saved: dict[str, Any] | None = None
    attempted: set[int] = set()
    level = min(
        int(-log2(max(fitting_share, 1e-9))), len(levels) - 1
    )  # each level keeps about half of the previous one
    while 0 <= level < len(levels) and level not in attempted:
        attempted.add(level)
        truncated, omissions = truncate_run(operations, tables, levels[level], size)
        compressed = None
        if len({operation[1:3] for operation in truncated}) <= MAX_ROWS:
            compressed, _ = _compress([(0.0, "run", "run", {"left_out": omissions}), *truncated], max_chars)
        if compressed is not None:
            saved = {**facts, "left_out": omissions, "operations": compressed}
            if len(compressed) > max_chars // 2:
                break
        level += 1 if compressed is None else -1
    return saved


def _limits(max_chars: int, level: int) -> KeepLimits:
    return KeepLimits(value_chars=2_000 >> level // 2, text_chars=max_chars >> level, rows=max_chars >> level + 4)


def read_operations(data: Any) -> list[Operation]:
    """Return the operations of a saved run.

    Args:
        data: what :func:`save_run` returned, perhaps after a round trip through a notebook file. It is not trusted.

    Raises:
        ValueError: if ``data`` is not a saved run.
    """
    try:
        decompressor = zlib.decompressobj()
        text = decompressor.decompress(base64.b64decode(data["operations"], validate=True), MAX_JSON_BYTES)
        if not decompressor.eof:
            raise ValueError(f"its operations are cut off, or more than {MAX_JSON_BYTES:,} bytes")
        return validate_operations(_parse_json(text))
    except (KeyError, IndexError, TypeError, ValueError, RecursionError, zlib.error) as error:
        raise ValueError(
            f"This is no saved run: {str(error) or type(error).__name__}. A run is what an output of a notebook holds "
            f"under {RUN_MIME_TYPE!r}, as it is there."
        ) from error


def _parse_json(text: bytes) -> Any:
    """Parse JSON; what is no character, a half of a surrogate pair, becomes a question mark."""
    value = json.loads(text, parse_constant=_refuse_constant)
    if SURROGATE_ESCAPE.search(text):
        value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def time_resolution(operations: Sequence[Operation]) -> float:
    """Return the resolution in seconds at which a run is saved: that of the live view, or coarser for a long run."""
    busy_seconds = sum(min(after[0] - before[0], MAX_IDLE_SECONDS) for before, after in pairwise(operations))
    return max(TEXT_RESOLUTION_SECONDS, busy_seconds / MAX_MOMENTS)


def _compress(operations: Sequence[Operation], max_chars: int) -> tuple[str | None, float]:
    """Return the operations as they are saved, and 1; if they are too many, None and the share of them that fits."""
    if len(operations) > MAX_OPERATIONS:
        return None, MAX_OPERATIONS / len(operations)
    compressor = zlib.compressobj()
    compressed = bytearray()
    json_bytes, max_bytes = 0, max_chars // 4 * 3  # base64 takes 4 characters for 3 bytes
    for start in range(0, max(len(operations), 1), OPERATIONS_PER_CHUNK):
        chunk = operations[start : start + OPERATIONS_PER_CHUNK]
        text = json.dumps(chunk, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        items = text[1:-1] if start == 0 else f",{text[1:-1]}"
        data = items.encode(errors="replace")
        json_bytes += len(data)
        compressed += compressor.compress(b"[" + data if start == 0 else data)
        if json_bytes > MAX_JSON_BYTES or len(compressed) > max_bytes:
            share = min((start + OPERATIONS_PER_CHUNK) / len(operations), 1)
            return None, share * min(max_bytes / max(len(compressed), 1), MAX_JSON_BYTES / json_bytes)
    compressed += compressor.compress(b"]") + compressor.flush()
    if len(compressed) > max_bytes:
        return None, max_bytes / len(compressed)
    return base64.b64encode(compressed).decode(), 1
