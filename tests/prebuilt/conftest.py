"""Tests of nodes and agents run twice: sync and async."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

Invoke = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def invoke(request: pytest.FixtureRequest) -> Invoke:
    """Return ``invoke(runnable, input, config, **options)``, which calls ``invoke`` or ``ainvoke``."""
    if request.param == "sync":
        return lambda runnable, *args, **options: runnable.invoke(*args, **options)
    return lambda runnable, *args, **options: asyncio.run(runnable.ainvoke(*args, **options))
