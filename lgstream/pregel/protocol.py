"""``PregelProtocol``, the interface of compiled graphs."""

from __future__ import annotations

from typing import TypeAlias

from lgstream.graph.compiled import CompiledGraph

__all__ = ["PregelProtocol"]

PregelProtocol: TypeAlias = CompiledGraph
"""The class of compiled graphs, since lgstream has no others."""
