"""Retry policies: which errors are tried again, and after which delay."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from lgstream.engine.tasks.retry import check_retry_on, next_attempt_delay, retry_delay, should_retry
from lgstream.types import RetryPolicy


@pytest.mark.parametrize(
    ("retry_on", "expected"),
    [
        (KeyError, True),
        (LookupError, True),
        (ValueError, False),
        ((ValueError, KeyError), True),
        ([ValueError, LookupError], True),
        ([ValueError, TypeError], False),
        (lambda error: error.args == ("missing",), True),
        (lambda error: None, False),
        (BaseException, True),
    ],
)
def test_a_policy_retries_the_errors_it_names(retry_on: Any, expected: bool) -> None:
    assert should_retry(RetryPolicy(retry_on=retry_on), KeyError("missing")) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [(ConnectionError(), True), (Exception(), True), (KeyError(), False), (ValueError(), False), (OSError(), False)],
    ids=repr,
)
def test_the_default_policy_retries_errors_that_the_program_did_not_make(error: Exception, expected: bool) -> None:
    assert should_retry(RetryPolicy(), error) is expected


def test_the_default_policy_retries_http_errors_without_a_response() -> None:
    assert should_retry(RetryPolicy(), requests.HTTPError("no answer"))


@pytest.mark.parametrize("retry_on", [3, int, "KeyError"], ids=repr)
def test_retry_on_must_name_errors(retry_on: Any) -> None:
    with pytest.raises(TypeError, match=r"RetryPolicy.retry_on is .*, and must be an exception class, a list of them"):
        check_retry_on(retry_on)


def test_the_delay_grows_by_the_backoff_factor() -> None:
    policy = RetryPolicy(initial_interval=0.5, backoff_factor=3, jitter=False)
    assert [retry_delay(policy, attempt) for attempt in (1, 2, 3)] == [0.5, 1.5, 4.5]


def test_the_delay_is_at_most_the_maximum_interval() -> None:
    policy = RetryPolicy(initial_interval=0.5, backoff_factor=10, max_interval=2, jitter=False)
    assert retry_delay(policy, 5) == 2


def test_jitter_adds_up_to_a_second() -> None:
    policy = RetryPolicy(initial_interval=4, jitter=True)
    delays = {retry_delay(policy, 1) for _ in range(20)}
    assert len(delays) > 1
    assert all(4 <= delay <= 5 for delay in delays)


def test_the_first_policy_that_retries_the_error_applies() -> None:
    policies = [RetryPolicy(retry_on=KeyError), RetryPolicy(retry_on=ValueError, initial_interval=2, jitter=False)]
    assert next_attempt_delay(policies, ValueError(), 1) == 2


def test_there_is_no_next_attempt_after_the_last_one_or_for_another_error() -> None:
    policies = [RetryPolicy(retry_on=KeyError, max_attempts=2)]
    assert next_attempt_delay(policies, KeyError(), 2) is None
    assert next_attempt_delay(policies, ValueError(), 1) is None
