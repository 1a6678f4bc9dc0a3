"""Checks of the policies of nodes and tasks, of lgstream and of langgraph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import SupportsFloat

from lgstream._arguments import check_number, wrong_item, wrong_type
from lgstream._langgraph import is_langgraph
from lgstream.engine.tasks.retry import check_retry_on
from lgstream.types import CachePolicy, RetryPolicy

_RETRY_RULE = "a RetryPolicy or a list of them: retry_policy=RetryPolicy()"


def retry_policies(policy: RetryPolicy | Sequence[RetryPolicy] | None) -> Sequence[RetryPolicy]:
    """Return a sequence of retry policies for one policy, several policies or None.

    Raises:
        TypeError: if it is something else, or a field of a policy is of a wrong type.
    """
    if policy is None:
        return ()
    if not _is_retry_policy(policy):
        if not isinstance(policy, Iterable):
            raise wrong_type("retry_policy", policy, _RETRY_RULE)
        policies: tuple[RetryPolicy, ...] = tuple(policy)  # type: ignore[arg-type]
    else:
        policies = (policy,)  # type: ignore[assignment]
    for item in policies:
        _check_retry_policy(item)
    return policies


def _is_retry_policy(value: object) -> bool:
    return isinstance(value, RetryPolicy) or is_langgraph(value, "RetryPolicy")


def _check_retry_policy(policy: RetryPolicy) -> None:
    if not _is_retry_policy(policy):
        raise wrong_item("retry_policy", policy, _RETRY_RULE)
    for name in ("initial_interval", "backoff_factor", "max_interval", "max_attempts"):
        if not isinstance(value := getattr(policy, name), SupportsFloat):
            raise wrong_type(f"RetryPolicy.{name}", value, "a number")
    check_retry_on(policy.retry_on)


def checked_cache_policy(policy: CachePolicy | None) -> CachePolicy | None:
    """Return a cache policy, or None.

    Raises:
        TypeError: if it is something else, or a field of the policy is of a wrong type.
    """
    if policy is None:
        return None
    if isinstance(policy, type) or not hasattr(policy, "key_func"):
        raise wrong_type("cache_policy", policy, "a CachePolicy: cache_policy=CachePolicy()")
    if not callable(policy.key_func):
        raise wrong_type("CachePolicy.key_func", policy.key_func, "a function of the input that returns str or bytes")
    check_number("CachePolicy.ttl", policy.ttl, "a number of seconds, or None")
    return policy
