"""Each guide runs once, with a scripted model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guides.cells import Output, run
from tests.guides.model import answer
from tests.support.openai_server import OpenAIServer


@pytest.fixture(scope="module")
def model() -> Iterator[OpenAIServer]:
    """The scripted model, which the environment names."""
    with OpenAIServer(answer) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(scope="module")
def outputs(request: pytest.FixtureRequest, model: OpenAIServer) -> dict[str, Output]:
    """The outputs of the cells of the test module's ``GUIDE``, by title."""
    return run(request.module.GUIDE)
