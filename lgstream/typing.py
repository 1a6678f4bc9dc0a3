"""Type variables of graphs: their state, context, input and output."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypeVar

__all__ = ["ContextT", "InputT", "OutputT", "StateT", "StateT_co", "StateT_contra"]

StateT = TypeVar("StateT", default=Any)
"""The type of a graph's state."""
StateT_co = TypeVar("StateT_co", covariant=True)
StateT_contra = TypeVar("StateT_contra", contravariant=True)
ContextT = TypeVar("ContextT", default=Any)
"""The type of a run's context."""
InputT = TypeVar("InputT", default=StateT)
"""The type of a graph's input: the type of the state unless stated."""
OutputT = TypeVar("OutputT", default=StateT)
"""The type of a graph's output: the type of the state unless stated."""
