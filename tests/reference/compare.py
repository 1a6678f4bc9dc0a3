"""The recorded runs, and the comparison of two runs.

Two runs are the same if all operations have the same chunks, results, exceptions and output in the same order. What may
differ: the key order of dicts; ids, as long as equal ids are equal in both runs; and the texts of the package's own
errors, warnings and log records, whose types and number are compared. Errors of the program itself must not differ.
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
    """The recording of one case with langgraph."""

    program: str
    operations: dict[Variant, list[Operation]]


@cache
def golden(case_id: str) -> Golden:
    """Read ``goldens/<case_id>.json``."""
    data = json.loads((GOLDENS / f"{case_id}.json").read_text("utf-8"))
    runs = data["variants"]
    return Golden(data["program"], {name: runs[run.get("same_as", name)]["ops"] for name, run in runs.items()})


def difference(expected: list[Operation], actual: list[Operation], program: str) -> str | None:
    """Return the operations that differ, as readable text; None if the runs are the same."""
    left, right = (canonical(run, program) for run in (expected, actual))
    if left == right:
        return None
    out = []
    for index in range(max(len(left), len(right))):
        if left[index : index + 1] != right[index : index + 1]:
            out.append(_operation_diff(index, left[index : index + 1], right[index : index + 1]))
    return f"{len(out)} of {max(len(left), len(right))} operations differ from the recorded run\n\n" + "\n\n".join(out)


def canonical(run: list[Operation], program: str) -> list[Operation]:
    """Return a run without the texts that may differ, and with its ids numbered by first appearance."""
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
            texts = value[key] if isinstance(value[key], list) else [value[key]]
            if not all(isinstance(text, str) and text and text in program for text in texts):
                out[key] = "<message of the package>"
    for key in out.keys() & {"logged", "warnings"}:
        if isinstance(value[key], list):
            out[key] = len(value[key])
    return out


def _numbered(value: Json, numbers: dict[str, str]) -> Json:
    """Return ``value`` with each id replaced by ``<id:N>``. Dicts are traversed by their keys without ids."""
    if isinstance(value, str):
        return _ID.sub(lambda match: numbers.setdefault(match[0], f"<id:{len(numbers) + 1}>"), value)
    if isinstance(value, list):
        return [_numbered(item, numbers) for item in value]
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: _ID.sub("", key))
        return {_numbered(key, numbers): _numbered(value[key], numbers) for key in keys}
    return value


def _operation_diff(index: int, left: list[Operation], right: list[Operation]) -> str:
    row = (left or right)[0]
    arguments = ", ".join(f"{key}={value!r}" for key, value in row.get("kwargs", {}).items())
    head = f"operation {index}: {row['op']}({arguments})" + (f"  # {row['label']}" if "label" in row else "")
    recorded, run = ([line for row in side for line in pformat(row, width=118).splitlines()] for side in (left, right))
    diff = difflib.unified_diff(recorded, run, "recorded", "lgstream", lineterm="", n=3)
    return "\n".join((head, *diff))
