"""Running a file of cells as a notebook does: in one namespace, in a running event loop, with top-level ``await``."""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import re
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SNIPPETS = Path(__file__).parent / "snippets"


@dataclass(frozen=True)
class Output:
    """What a cell printed, and the value of its last expression or None."""

    printed: str
    value: Any


def cells(guide: str) -> dict[str, str]:
    """Return the cells of ``snippets/<guide>.py`` in order, by the title after ``# %%``."""
    _, *parts = re.split(r"^# %% (.+)\n", (SNIPPETS / f"{guide}.py").read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def run(guide: str) -> dict[str, Output]:
    """Run all cells in order. An error of a cell is raised with a note that names the cell."""
    return asyncio.run(_run(guide))


async def _run(guide: str) -> dict[str, Output]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    outputs = {}
    for title, source in cells(guide).items():
        with redirect_stdout(io.StringIO()) as printed:
            try:
                value = await _execute(source, namespace)
            except BaseException as error:
                error.add_note(f"in the cell {title!r} of the guide {guide!r}")
                raise
        outputs[title] = Output(printed.getvalue(), value)
    return outputs


async def _execute(source: str, namespace: dict[str, Any]) -> Any:
    """Run ``source``, and return the value of its last statement if that is an expression."""
    body = ast.parse(source).body
    last = body[-1]
    if not isinstance(last, ast.Expr):
        return await _evaluate(ast.Module(body, []), "exec", namespace)
    await _evaluate(ast.Module(body[:-1], []), "exec", namespace)
    return await _evaluate(ast.Expression(last.value), "eval", namespace)


async def _evaluate(tree: ast.Module | ast.Expression, mode: str, namespace: dict[str, Any]) -> Any:
    code = compile(tree, "<cell>", mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, namespace)
    return await result if code.co_flags & inspect.CO_COROUTINE else result
