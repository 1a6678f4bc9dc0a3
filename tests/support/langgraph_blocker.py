"""Makes langgraph unimportable in a process, as if only langgraph-checkpoint were installed."""

from __future__ import annotations

import sys
from typing import Any

_CHECKPOINT_PACKAGES = ("langgraph.checkpoint", "langgraph.store", "langgraph.cache")


class _LangGraphBlocker:
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.startswith("langgraph.") and not name.startswith(_CHECKPOINT_PACKAGES):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def block_langgraph() -> None:
    """Make imports of langgraph fail, except for the packages of langgraph-checkpoint."""
    sys.meta_path.insert(0, _LangGraphBlocker())
