"""The scripted model for the OpenAI clients of the programs."""

from __future__ import annotations

import pytest

from tests.reference.models import server


@pytest.fixture(autouse=True)
def openai_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all OpenAI clients use the scripted model."""
    for name, value in server().environment.items():
        monkeypatch.setenv(name, value)
