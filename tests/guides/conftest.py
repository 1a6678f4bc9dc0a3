"""The guides, run once each on a scripted model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guides.cells import Output, run
from tests.guides.model import answer
from tests.support.openai_server import OpenAIServer


@pytest.fixture(scope="module")
def model() -> Iterator[OpenAIServer]:
    """The scripted model, with the environment pointed to it."""
    with OpenAIServer(answer) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest, model: OpenAIServer) -> dict[str, Output]:
    """What the cells of the test module's ``GUIDE`` printed and gave."""
    return run(request.module.GUIDE)
