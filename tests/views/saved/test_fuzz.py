"""Saved runs with something wrong anywhere in them are read and shown, or refused with a ValueError.

``widgets/test/protocol/fuzz.test.ts`` does the same in TypeScript. FUZZ_EXAMPLES sets how many are tried.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Callable
from copy import deepcopy
from time import process_time
from typing import Any, TypeVar

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lgstream.notebook import load
from lgstream.views.saved.validation import validate_operations
from tests.views.saved.test_validation import RUNS, saved

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "500"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
FUZZ_SHOWN = settings(FUZZ, max_examples=EXAMPLES // 10)
MAX_CPU_SECONDS = 1.0

NAMES = ["", "/", "a", "t", "run", "tree", "parent", "row", "status", "started", "done", "__proto__"]
VALUES = st.one_of(
    st.sampled_from([*NAMES, None, True, 1e308, -1, 0, 0.5, 10**15, [], {}, [[]], {"id": "q"}, ["a", "b", "c"]]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=4,
    ),
)
MUTATIONS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 1000), min_size=1, max_size=7),
        st.sampled_from(["replace", "rename", "remove", "repeat", "move"]),
        VALUES,
        st.sampled_from(NAMES),
    ),
    min_size=1,
    max_size=4,
)
CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=3)
RUN_NUMBERS = st.integers(0, len(RUNS) - 1)
T = TypeVar("T")


def mutated(run: list[Any], mutations: list[tuple[list[int], str, Any, str]]) -> Any:
    """Return a copy with values replaced, renamed, removed, repeated or moved anywhere in it."""
    root = [deepcopy(run)]
    for path, kind, value, name in mutations:
        holder, key = _place(root, path)
        is_list = isinstance(holder, list) and holder is not root
        if is_list and kind == "repeat":
            holder.insert(key, deepcopy(holder[key]))
        elif is_list and kind == "move":
            holder.append(holder.pop(key))
        elif holder is not root and kind == "remove":
            del holder[key]
        elif isinstance(holder, dict) and kind == "rename":
            holder[name] = holder[key]
        else:
            holder[key] = deepcopy(value)
    return root[0]


def _place(root: list[Any], path: list[int]) -> tuple[Any, Any]:
    holder: Any = root
    key: Any = 0
    for step in path:
        inner = holder[key]
        if not isinstance(inner, list | dict) or not inner:
            break
        holder = inner
        keys = list(inner) if isinstance(inner, dict) else range(len(inner))
        key = keys[step % len(keys)]
    return holder, key


def timed(work: Callable[[], T]) -> T:
    """Fail if ``work`` takes too long. Processor time: the machine may be busy."""
    before = process_time()
    try:
        return work()
    finally:
        assert process_time() - before < MAX_CPU_SECONDS


@given(RUN_NUMBERS, MUTATIONS)
@FUZZ
def test_a_mutated_run_is_accepted_or_refused_with_a_reason(number: int, mutations: Any):
    run = mutated(RUNS[number], mutations)
    try:
        timed(lambda: validate_operations(run))
    except ValueError as error:
        assert str(error).startswith(("its operations", "operation ", "it has", "a row", "the parent", "the tree row"))


@given(RUN_NUMBERS, MUTATIONS)
@FUZZ_SHOWN
@example(0, [([], "replace", [[0, "tree", "", {"parent": "", "name": "", "kind": "graph", "order": 0}]], "")])
def test_a_mutated_run_that_is_accepted_can_be_shown(number: int, mutations: Any):
    data = saved(mutated(RUNS[number], mutations))
    try:
        run = timed(lambda: load(data))
    except ValueError as error:
        assert str(error).startswith("This is no saved run: ")
    else:
        timed(lambda: (run.mime_bundle(), str(run), repr(run)))


@given(RUN_NUMBERS, CHANGES, st.booleans())
@FUZZ
def test_a_file_with_mutated_bytes_is_read_or_refused(number: int, changes: Any, is_json_mutated: bool):
    data = json.dumps(RUNS[number]).encode()
    if not is_json_mutated:
        data = zlib.compress(data)
    for at, removed, inserted in changes:
        start = at % (len(data) + 1)
        data = data[:start] + inserted + data[start + removed :]
    if is_json_mutated:
        data = zlib.compress(data)
    try:
        timed(lambda: load({"operations": base64.b64encode(data).decode()}))
    except ValueError as error:
        assert str(error).startswith("This is no saved run: ")
