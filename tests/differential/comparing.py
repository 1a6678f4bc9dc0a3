"""Runs a program on both packages and says where they differ."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.differential.packages import PackageName
from tests.differential.shapes import Graph, Program
from tests.differential.source import is_ordered, source_of
from tests.differential.world import World
from tests.reference.compare import difference
from tests.reference.recorder import Operation, Recorder

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def run(program: Program, name: PackageName) -> list[Operation]:
    """What the package does; a graph that cannot be built is an operation as well."""
    recorder = Recorder("async" if program.is_async else "sync")
    code = compile(source_of(program), "<program>", "exec", dont_inherit=True)
    namespace = World(name, recorder).namespace()
    recorder.call("run", lambda: exec(code, namespace) or None)
    recorder.flush_log()
    return [own_words(row) for row in recorder.operations]


def own_words(row: Operation) -> Operation:
    """An operation without what the packages log and warn: :mod:`tests.reference` has their cases."""
    kept: Operation = _without_private({key: value for key, value in row.items() if key not in ("logged", "warnings")})
    return _without_saved_ids(kept) if row["op"] != "log" else kept


def _without_saved_ids(value: Any, is_saved: bool = False) -> Any:
    """Whether a message that a task saved has its id yet is a race in langgraph: it is saved in another thread."""
    if isinstance(value, list):
        return [_without_saved_ids(item, is_saved) for item in value]
    if not isinstance(value, dict):
        return value
    is_task = value.get("$type") == "PregelTask" or value.keys() >= {"id", "name", "interrupts", "state"}
    return {
        key: _without_saved_ids(item, is_saved or (is_task and key == "result"))
        for key, item in value.items()
        if not (is_saved and key == "id" and "content" in value)
    }


def _runs_in_parallel(rows: list[Operation]) -> bool:
    """Whether two tasks ran in the same superstep, as far as they logged it."""
    tasks: dict[tuple[str, int], set[str]] = {}
    for _, _, metadata in rows[-1]["result"] if rows[-1]["op"] == "log" else ():
        ns = metadata["langgraph_checkpoint_ns"] or ""
        tasks.setdefault((ns.rpartition("|")[0], metadata["langgraph_step"]), set()).add(ns)
    return any(len(each) > 1 for each in tasks.values())


def _has_graph_nodes(graph: Graph | None) -> bool:
    """Whether a node is a graph: such a task logs nothing of its own."""
    return graph is not None and (any(node.is_graph for node in graph.nodes) or _has_graph_nodes(graph.inner))


def _unordered(rows: list[Operation]) -> list[Operation]:
    """The operations up to the first that raised (how far its siblings came is free), without ids or order."""
    found: list[Operation] = []
    for row in map(anonymous, rows):
        if row.get("raised") and row["op"].removeprefix("a") in ("stream", "invoke"):
            return [*found, {"op": row["op"], "raised": True}]
        for key in ("chunks", "result"):
            if isinstance(row.get(key), list):
                row[key] = sorted(row[key], key=lambda each: json.dumps(each, sort_keys=True))
        found.append(row)
    return found


def anonymous(value: Any) -> Any:
    return json.loads(_ID.sub("<id>", json.dumps(value)))


def _without_private(value: Any) -> Any:
    """A value without langgraph's private keys of a config, and without the words of an error.

    Savers keep an exception as its repr: of those that are not the program's own, the type is what counts.
    """
    if isinstance(value, str):
        return re.sub(r"^(?!Boom)(\w+(?:Error|Exception|Exit))\(.*\)$", r"\1(...)", value, flags=re.DOTALL)
    if isinstance(value, list):
        return [_without_private(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_private(item) for key, item in value.items() if not key.startswith("__pregel_check")}
    return value


def disagreement(program: Program, tries: int = 3) -> str | None:
    """Where lgstream does what langgraph does not; None where it does the same.

    What langgraph itself does now this way, now that, says nothing against lgstream.
    """
    source = source_of(program)
    found = _difference(program, source)
    if found is None:
        return None
    expected = run(program, "langgraph")
    for _ in range(tries - 1):
        if difference(expected, run(program, "langgraph"), source) is not None or _difference(program, source) is None:
            return None
    return f"{source}\n# langgraph ---, lgstream +++\n{found}"


def _difference(program: Program, source: str) -> str | None:
    expected, got = run(program, "langgraph"), run(program, "lgstream")
    has_failed = any(row.get("raised") for rows in (expected, got) for row in rows)
    is_parallel = _runs_in_parallel(expected) or _runs_in_parallel(got) or _has_graph_nodes(program.graph)
    if is_parallel and (has_failed or not all(is_ordered(program, call) for call in program.calls)):
        expected, got = _unordered(expected), _unordered(got)
    return difference(expected, got, source)
