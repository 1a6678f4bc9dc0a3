"""Running a program on both packages, and comparing what they do."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.differential.packages import PackageName
from tests.differential.program_data import Graph, Program
from tests.differential.program_environment import ProgramEnvironment
from tests.differential.source import is_ordered, source_of
from tests.reference.compare import difference
from tests.reference.recorder import Operation, Recorder

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


def run(program: Program, name: PackageName) -> list[Operation]:
    """Return what a package does; a graph that cannot be built is an operation, too."""
    recorder = Recorder("async" if program.is_async else "sync")
    code = compile(source_of(program), "<program>", "exec", dont_inherit=True)
    namespace = ProgramEnvironment(name, recorder).namespace()
    recorder.call("run", lambda: exec(code, namespace) or None)
    recorder.flush_log()
    return [without_log_texts(row) for row in recorder.operations]


def without_log_texts(row: Operation) -> Operation:
    """Return an operation without log messages and warnings, which :mod:`tests.reference` checks."""
    operation: Operation = _without_private(
        {key: value for key, value in row.items() if key not in ("logged", "warnings")}
    )
    return _without_saved_ids(operation) if row["op"] != "log" else operation


def _without_saved_ids(value: Any, is_saved: bool = False) -> Any:
    """Remove the ids of saved messages: in langgraph, which saves in another thread, these are set in a race."""
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
    """Return True if two tasks ran in the same superstep, according to the log."""
    tasks: dict[tuple[str, int], set[str]] = {}
    for _, _, metadata in rows[-1]["result"] if rows[-1]["op"] == "log" else ():
        ns = metadata["langgraph_checkpoint_ns"] or ""
        tasks.setdefault((ns.rpartition("|")[0], metadata["langgraph_step"]), set()).add(ns)
    return any(len(namespaces) > 1 for namespaces in tasks.values())


def _has_graph_nodes(graph: Graph | None) -> bool:
    """Return True if a node is a graph; the task of such a node logs nothing."""
    return graph is not None and (any(node.is_graph for node in graph.nodes) or _has_graph_nodes(graph.inner))


def _unordered(rows: list[Operation]) -> list[Operation]:
    """Return the operations up to the first that raised, without ids and order; its siblings may differ."""
    operations: list[Operation] = []
    for row in map(without_ids, rows):
        if row.get("raised") and row["op"].removeprefix("a") in ("stream", "invoke"):
            return [*operations, {"op": row["op"], "raised": True}]
        for key in ("chunks", "result"):
            if isinstance(row.get(key), list):
                row[key] = sorted(row[key], key=lambda item: json.dumps(item, sort_keys=True))
        operations.append(row)
    return operations


def without_ids(value: Any) -> Any:
    return json.loads(_ID.sub("<id>", json.dumps(value)))


def _without_private(value: Any) -> Any:
    """Return a value without langgraph's private config keys and without the messages of errors.

    Savers store an exception as its repr; unless it is one of the program, only its type is compared.
    """
    if isinstance(value, str):
        return re.sub(r"^(?!Boom)(\w+(?:Error|Exception|Exit))\(.*\)$", r"\1(...)", value, flags=re.DOTALL)
    if isinstance(value, list):
        return [_without_private(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_private(item) for key, item in value.items() if not key.startswith("__pregel_check")}
    return value


def disagreement(program: Program, tries: int = 3) -> str | None:
    """Return where lgstream differs from langgraph, or None.

    A difference does not count if langgraph does not behave the same each time.
    """
    source = source_of(program)
    text = _difference(program, source)
    if text is None:
        return None
    expected = run(program, "langgraph")
    for _ in range(tries - 1):
        if difference(expected, run(program, "langgraph"), source) is not None or _difference(program, source) is None:
            return None
    return f"{source}\n# langgraph ---, lgstream +++\n{text}"


def _difference(program: Program, source: str) -> str | None:
    expected, actual = run(program, "langgraph"), run(program, "lgstream")
    has_failed = any(row.get("raised") for rows in (expected, actual) for row in rows)
    is_parallel = _runs_in_parallel(expected) or _runs_in_parallel(actual) or _has_graph_nodes(program.graph)
    if is_parallel and (has_failed or not all(is_ordered(program, call) for call in program.calls)):
        expected, actual = _unordered(expected), _unordered(actual)
    return difference(expected, actual, source)
