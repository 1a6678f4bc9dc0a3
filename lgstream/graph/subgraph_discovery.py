"""Finds the compiled graph that a node is, contains or calls, by looking at its functions without calling them.

It may be a graph of langgraph.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from langchain_core.runnables import RunnableLambda, RunnableSequence

from lgstream._langgraph import is_langgraph_graph
from lgstream.graph.compiled_base import BaseCompiledGraph
from lgstream.inspection.classes import class_attribute, derives
from lgstream.inspection.fields import read_fields

_IDS_OF_TYPES_WITHOUT_GRAPHS = frozenset(
    map(id, (int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset, type(None)))
)
"""Types whose attributes are not graphs. The bytecode of a function that uses only such values is not inspected.

By id, because a metaclass may define ``__hash__`` and ``__eq__``.
"""


def find_subgraph(action: Any) -> Any:
    """Return the first compiled graph that the action of a node is, has as a step, or uses in its function.

    A graph with ``checkpointer=False`` counts only if it is the action itself, because its state is not saved and
    need not be found.

    Returns:
        The graph, or None if there is none.
    """
    candidates = [action]
    for candidate in candidates:
        kind = type(candidate)
        if derives(kind, BaseCompiledGraph) or is_langgraph_graph(candidate):
            if candidate.checkpointer is not False or candidate is action:
                return candidate
        elif derives(kind, RunnableSequence):
            candidates += candidate.steps
        elif derives(kind, RunnableLambda):
            candidates += candidate.deps
        elif candidate is action:
            candidates += [value.__self__ if type(value) is MethodType else value for value in used_values(candidate)]
    return None


def used_values(function: Any) -> Iterator[Any]:
    """Yield the values from outside that a function may use: its closure, globals, and attributes of both.

    Attributes count if the code reads them in a chain (``holder.graph.invoke``), also in nested functions. Those that a
    property computes do not.
    """
    function = getattr(function, "__func__", function)
    inner = getattr(function, "__wrapped__", None)
    if callable(inner):
        function = getattr(inner, "__func__", inner)
    if not isinstance(function, FunctionType):
        return
    closure_values = {
        name: value
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
        for value in _cell_contents(cell)
    }
    names = function.__code__.co_names
    global_values = {name: function.__globals__[name] for name in names if name in function.__globals__}
    yield from closure_values.values()
    values = (*closure_values.values(), *global_values.values())
    if _IDS_OF_TYPES_WITHOUT_GRAPHS.issuperset(map(id, map(type, values))):
        return
    yield from _loaded_values(function.__code__, closure_values, global_values)


def _cell_contents(cell: Any) -> Iterator[Any]:
    """Yield the value of a closure variable; nothing if it has none yet."""
    try:
        yield cell.cell_contents
    except ValueError:
        return


def _loaded_values(code: CodeType, closure_values: dict[str, Any], global_values: dict[str, Any]) -> Iterator[Any]:
    """Yield the closure variables, globals and attributes that the code loads, in the order of its instructions."""
    value: Any = None
    for instruction in dis.get_instructions(code):
        match instruction.opname:
            case "LOAD_GLOBAL":
                value = global_values.get(instruction.argval)
            case "LOAD_DEREF":
                value = closure_values.get(instruction.argval)
            case "LOAD_ATTR" | "LOAD_METHOD":
                value = _stored_attribute(value, instruction.argval)
            case _:
                value = None
        if value is not None:
            yield value
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _loaded_values(constant, closure_values, global_values)


def _stored_attribute(value: Any, name: str) -> Any:
    if derives(type(value), type):
        return class_attribute(value, name)
    return read_fields(value, (name,)).get(name)
