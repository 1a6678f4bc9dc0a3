"""Each claim about a node or an agent is tried in a sync and in an async run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

Invoke = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def invoke(request: pytest.FixtureRequest) -> Invoke:
    """``invoke(runnable, input, config, **options)``, by ``invoke`` or by ``ainvoke``."""
    if request.param == "sync":
        return lambda runnable, *args, **options: runnable.invoke(*args, **options)
    return lambda runnable, *args, **options: asyncio.run(runnable.ainvoke(*args, **options))
