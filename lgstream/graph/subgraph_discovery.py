"""Which compiled graph a node's action is, holds or calls: found by looking at functions, without running them."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from langchain_core.runnables import RunnableLambda, RunnableSequence

_PLAIN = frozenset((int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset, type(None)))
"""What holds no graph as an attribute: a function that names nothing else need not be read."""


def find_subgraph(action: Any) -> Any:
    """The first compiled graph that a node's action is, has as a step, or reaches from its function; None for none.

    One whose ``checkpointer`` is False is what the node is at most: its state is not saved, so no one asks for it.
    """
    from lgstream.graph.definition import GraphDefinition

    candidates = [action]
    for candidate in candidates:
        if isinstance(candidate, GraphDefinition):
            if candidate.checkpointer is not False or candidate is action:
                return candidate
        elif isinstance(candidate, RunnableSequence):
            candidates += candidate.steps
        elif isinstance(candidate, RunnableLambda):
            candidates += candidate.deps
        elif candidate is action:
            candidates += [getattr(value, "__self__", value) for value in referenced_values(candidate)]
    return None


def referenced_values(function: Any) -> Iterator[Any]:
    """What a function may use from outside: all it has captured, the globals it names, and attributes of both.

    Attributes count where the code reads them one after the other (``holder.graph.invoke``), also in functions inside.
    """
    function = getattr(function, "__func__", function)
    inner = getattr(function, "__wrapped__", None)
    if callable(inner):
        function = getattr(inner, "__func__", inner)
    if not isinstance(function, FunctionType):
        return
    captured = {
        name: value
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)
        for value in _content(cell)
    }
    named = {name: function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__}
    yield from captured.values()
    if all(type(value) in _PLAIN for value in (*captured.values(), *named.values())):
        return
    yield from _read(function.__code__, captured, named)


def _content(cell: Any) -> Iterator[Any]:
    try:
        yield cell.cell_contents
    except ValueError:  # the variable has no value yet
        return


def _read(code: CodeType, captured: dict[str, Any], named: dict[str, Any]) -> Iterator[Any]:
    value: Any = None
    for instruction in dis.get_instructions(code):
        match instruction.opname:
            case "LOAD_GLOBAL":
                value = named.get(instruction.argval)
            case "LOAD_DEREF":
                value = captured.get(instruction.argval)
            case "LOAD_ATTR" | "LOAD_METHOD":
                value = getattr(value, instruction.argval, None)
            case _:
                value = None
        if value is not None:
            yield value
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _read(constant, captured, named)
