"""Nested event loops, for code that needs them."""

from __future__ import annotations

import importlib
import importlib.util


def nest_asyncio() -> None:
    """Allow ``asyncio.run()`` and ``loop.run_until_complete()`` in a notebook cell.

    lgstream does not need this: ``graph.stream()`` runs async nodes in any cell, and ``await graph.ainvoke()`` works as
    usual. It is for other code. It patches asyncio for the whole process and cannot be undone. Tasks become slower, and
    if two tasks nest loops, the first waits for the second.

    Raises:
        ModuleNotFoundError: if neither ``nest-asyncio`` nor ``nest-asyncio2`` is installed.
    """
    for name in ("nest_asyncio2", "nest_asyncio"):
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name).apply()
            return
    raise ModuleNotFoundError("Nested event loops need nest-asyncio: pip install nest-asyncio", name="nest_asyncio")
