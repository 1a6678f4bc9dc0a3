"""State keys whose values the run computes: annotate a key with one of these types, and only read it."""

from lgstream.managed.is_last_step import IsLastStep, RemainingSteps

__all__ = ["IsLastStep", "RemainingSteps"]
