"""The class that marks a state key whose value the run computes."""

from __future__ import annotations

from dataclasses import dataclass


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
