"""What every test may count on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_service_of_the_developers() -> Iterator[None]:
    """Take away the variables by which clients would find a paid model or a trace collector."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("OPENAI_", "LANGCHAIN_", "LANGSMITH_")):
                patch.delenv(name)
        yield
