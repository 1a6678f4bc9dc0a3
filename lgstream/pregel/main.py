"""``Pregel``, the type of compiled graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lgstream._unsupported import missing_attribute
from lgstream.graph.compiled import CompiledGraph

__all__ = ["Pregel"]

Pregel: TypeAlias = CompiledGraph
"""The class of what ``StateGraph.compile()`` and ``@entrypoint`` return."""


if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        raise missing_attribute(__name__, name)
