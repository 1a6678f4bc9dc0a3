"""Whether a node that failed is tried again, and when. Pure, but for the chance that a policy asks for."""

from __future__ import annotations

import random
from collections.abc import Sequence

from lgstream.types import RetryPolicy


def retries(policy: RetryPolicy, error: Exception) -> bool:
    """Whether the policy retries this error. Raises TypeError for a ``retry_on`` of another kind."""
    retry_on = policy.retry_on
    if isinstance(retry_on, type):
        if issubclass(retry_on, Exception):
            return isinstance(error, retry_on)
    elif isinstance(retry_on, Sequence):
        return isinstance(error, tuple(retry_on))
    elif callable(retry_on):
        return bool(retry_on(error))
    raise TypeError(
        f"RetryPolicy.retry_on must be an exception class, a sequence of them or a function of the error, not "
        f"{retry_on!r}."
    )


def interval_of(policy: RetryPolicy, attempt: int) -> float:
    """Seconds to wait after the given attempt, counted from 1."""
    interval = min(policy.max_interval, policy.initial_interval * policy.backoff_factor ** (attempt - 1))
    return interval + random.uniform(0, 1) if policy.jitter else interval
