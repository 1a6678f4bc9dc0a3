"""The recorded runs, and what counts as the same run.

A run is the same when every operation gives the same chunks, results, exceptions and output, in the same order. Free
are: the key order of dicts; ids, as long as equal ones stay equal; and the wording of the package's own errors,
warnings and log records, of which the type and the number count. What a program raises itself counts to the letter.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from pprint import pformat

from tests.reference.normalise import Json
from tests.reference.recorder import Operation, Variant

GOLDENS = Path(__file__).parent / "goldens"

_ID = re.compile(
    r"<(?P<number>(?:uuid|hex):\d+)>"
    r"|(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"|(?P<hex>(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f]))"
)


@dataclass(frozen=True)
class Golden:
    """What langgraph did in one case."""

    program: str
    operations: dict[Variant, list[Operation]]


@cache
def golden(case_id: str) -> Golden:
    """Read ``goldens/<case_id>.json``."""
    data = json.loads((GOLDENS / f"{case_id}.json").read_text("utf-8"))
    runs = data["variants"]
    return Golden(data["program"], {name: runs[run.get("same_as", name)]["ops"] for name, run in runs.items()})


def difference(expected: list[Operation], got: list[Operation], program: str) -> str | None:
    """None where both runs are the same, else the operations that differ, as lines to read."""
    left, right = (canonical(run, program) for run in (expected, got))
    if left == right:
        return None
    out = []
    for index in range(max(len(left), len(right))):
        if left[index : index + 1] != right[index : index + 1]:
            out.append(_operation_diff(index, left[index : index + 1], right[index : index + 1]))
    return f"{len(out)} of {max(len(left), len(right))} operations differ from the recorded run\n\n" + "\n\n".join(out)


def canonical(run: list[Operation], program: str) -> list[Operation]:
    """``run`` with the wording that is free taken out and its ids numbered by first appearance."""
    numbers: dict[str, str] = {}
    return [_numbered(_without_wording({**row, "op": _method(row["op"])}, program), numbers) for row in run]


def _method(op: str) -> str:
    """``astream`` → ``stream``, and the like."""
    return op.removeprefix("a")


def _without_wording(value: Json, program: str) -> Json:
    if isinstance(value, list):
        return [_without_wording(item, program) for item in value]
    if not isinstance(value, dict):
        return value
    out = {key: _without_wording(item, program) for key, item in value.items()}
    if value.keys() >= {"type", "message"} or str(value.get("$type")).endswith(("Error", "Exception")):
        for key in out.keys() & {"message", "args", "msg"}:
            said = value[key] if isinstance(value[key], list) else [value[key]]
            if not all(isinstance(part, str) and part and part in program for part in said):
                out[key] = "<own wording>"
    for key in out.keys() & {"logged", "warnings"}:
        if isinstance(value[key], list):
            out[key] = len(value[key])
    return out


def _numbered(value: Json, numbers: dict[str, str]) -> Json:
    """``value`` with each id as ``<id:N>``. Dicts are walked by their keys' order with ids left out of it."""
    if isinstance(value, str):
        return _ID.sub(lambda found: numbers.setdefault(found[0], f"<id:{len(numbers) + 1}>"), value)
    if isinstance(value, list):
        return [_numbered(item, numbers) for item in value]
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: _ID.sub("", key))
        return {_numbered(key, numbers): _numbered(value[key], numbers) for key in keys}
    return value


def _operation_diff(index: int, left: list[Operation], right: list[Operation]) -> str:
    row = (left or right)[0]
    asked = ", ".join(f"{key}={value!r}" for key, value in row.get("kwargs", {}).items())
    head = f"operation {index}: {row['op']}({asked})" + (f"  # {row['label']}" if "label" in row else "")
    recorded, run = ([line for row in side for line in pformat(row, width=118).splitlines()] for side in (left, right))
    diff = difflib.unified_diff(recorded, run, "recorded", "lgstream", lineterm="", n=3)
    return "\n".join((head, *diff))
