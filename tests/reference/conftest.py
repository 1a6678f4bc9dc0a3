"""The endpoint that the programs' OpenAI clients reach."""

from __future__ import annotations

import pytest

from tests.reference.models import server


@pytest.fixture(autouse=True)
def openai_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point every OpenAI client to the scripted endpoint."""
    for name, value in server().environment.items():
        monkeypatch.setenv(name, value)
