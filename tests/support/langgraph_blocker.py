"""Makes langgraph unimportable in a process, as if only langgraph-checkpoint were installed."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

_CHECKPOINT_PACKAGES = ("langgraph.checkpoint", "langgraph.store", "langgraph.cache")


class _FinderWithoutLangGraph(PathFinder):
    """Finds what is installed, but for langgraph."""

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname.startswith("langgraph.") and not fullname.startswith(_CHECKPOINT_PACKAGES):
            return None
        return PathFinder.find_spec(fullname, path, target)


def block_langgraph() -> None:
    """Make imports of langgraph fail, except for the packages of langgraph-checkpoint."""
    sys.meta_path[sys.meta_path.index(PathFinder)] = _FinderWithoutLangGraph
