"""State keys that the run itself fills in: annotate a key with one of these and read it, never write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

__all__ = ["IsLastStep", "RemainingSteps"]


@dataclass(frozen=True, slots=True)
class Managed:
    """A value computed from the superstep's number and the last one that the recursion limit allows."""

    name: str

    def value(self, step: int, stop: int) -> int | bool:
        """``step``: the superstep that reads it; ``stop``: the last superstep that may run."""
        return stop - step if self.name == "remaining_steps" else stop - step == 1


IsLastStep = Annotated[bool, Managed("is_last_step")]
"""True in the last superstep that the recursion limit leaves for work."""
RemainingSteps = Annotated[int, Managed("remaining_steps")]
"""How many supersteps the recursion limit still leaves."""
