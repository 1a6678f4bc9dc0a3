"""Fixtures of all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def without_credentials() -> Iterator[None]:
    """Remove the variables with which clients would use a paid model or a trace collector."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("OPENAI_", "LANGCHAIN_", "LANGSMITH_")):
                patch.delenv(name)
        yield
