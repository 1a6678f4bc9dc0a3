"""State keys whose values the run computes: annotate a key with one of these types, and only read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

__all__ = ["IsLastStep", "RemainingSteps"]


@dataclass(frozen=True, slots=True)
class ManagedValue:
    """A value that is computed when a node reads it.

    Attributes:
        name: ``"remaining_steps"`` or ``"is_last_step"``.
    """

    name: str

    def value(self, step: int, last_step: int) -> int | bool:
        """Return the value in superstep ``step``; ``last_step`` is the last one that the recursion limit allows."""
        return last_step - step if self.name == "remaining_steps" else last_step - step == 1


IsLastStep = Annotated[bool, ManagedValue("is_last_step")]
"""True in the last superstep that the recursion limit allows."""
RemainingSteps = Annotated[int, ManagedValue("remaining_steps")]
"""The number of supersteps that the recursion limit still allows."""
