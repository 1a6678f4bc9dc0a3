"""Applies retry policies: whether a failed attempt is repeated, and after which delay."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from lgstream._arguments import wrong_type
from lgstream.types import RetryPolicy


def should_retry(policy: RetryPolicy, error: Exception) -> bool:
    """Return True if the policy, whose ``retry_on`` :func:`check_retry_on` accepts, retries this error."""
    retry_on: Any = policy.retry_on
    if isinstance(retry_on, Sequence):
        retry_on = tuple(retry_on)
    if isinstance(retry_on, type | tuple):
        return isinstance(error, retry_on)
    return bool(retry_on(error))


def check_retry_on(retry_on: Any) -> None:
    """Raise TypeError if a value is neither an exception class, a sequence of them nor a function of the error."""
    rule = "an exception class, a list of them or a function of the error"
    if not (isinstance(retry_on, Sequence) or callable(retry_on)):
        raise wrong_type("RetryPolicy.retry_on", retry_on, rule)
    for cls in retry_on if isinstance(retry_on, Sequence) else (retry_on,) if isinstance(retry_on, type) else ():
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            raise wrong_type("RetryPolicy.retry_on", retry_on, rule)


def retry_delay(policy: RetryPolicy, attempt: int) -> float:
    """Return the seconds to wait after failed attempt number ``attempt``, counted from 1."""
    delay = min(policy.max_interval, policy.initial_interval * policy.backoff_factor ** (attempt - 1))
    return delay + random.uniform(0, 1) if policy.jitter else delay  # noqa: S311 - spreads load, protects nothing


def next_attempt_delay(policies: Sequence[RetryPolicy], error: Exception, attempt: int) -> float | None:
    """Return the seconds to wait before the next attempt; None if there is no next attempt.

    Args:
        policies: the retry policies of the node; the first that retries this error applies.
        error: what the attempt raised.
        attempt: the number of the attempt that failed; attempts count from 1.
    """
    policy = next((policy for policy in policies if should_retry(policy, error)), None)
    return None if policy is None or attempt >= policy.max_attempts else retry_delay(policy, attempt)
