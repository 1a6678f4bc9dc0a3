"""``IsLastStep`` and ``RemainingSteps``: how many supersteps the run may still take."""

from __future__ import annotations

from typing import Annotated

from lgstream.managed.base import ManagedValue

__all__ = ["IsLastStep", "RemainingSteps"]

IsLastStep = Annotated[bool, ManagedValue("is_last_step")]
"""True in the last superstep that the recursion limit allows."""
RemainingSteps = Annotated[int, ManagedValue("remaining_steps")]
"""The number of supersteps that the recursion limit still allows."""
