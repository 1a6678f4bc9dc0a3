"""Nested event loops, for those who ask for them."""

from __future__ import annotations

import importlib
import importlib.util


def nest_asyncio() -> None:
    """Let ``asyncio.run()`` and ``loop.run_until_complete()`` be called in a notebook cell.

    lgstream needs this nowhere: ``graph.stream()`` runs async nodes in any cell, and ``await graph.ainvoke()`` works as
    it is. It is for other people's code. It patches asyncio for the whole process and cannot be undone; tasks become
    slower, and of two tasks that nest loops the first waits for the second.

    Raises:
        ModuleNotFoundError: neither ``nest-asyncio`` nor ``nest-asyncio2`` is installed.
    """
    for name in ("nest_asyncio2", "nest_asyncio"):
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name).apply()
            return
    raise ModuleNotFoundError("Nested event loops need nest-asyncio: pip install nest-asyncio", name="nest_asyncio")
