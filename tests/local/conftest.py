"""A server of the embedded model for all tests that need one, and an endpoint whose model is a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import lgstream.local
from lgstream.local.chat import ModelCallable
from lgstream.local.http_server import LocalEndpoint
from lgstream.local.server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The embedded model. Where its file is missing this fails and says how to fetch it; it never skips."""
    with lgstream.local.serve() as running:
        yield running


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable that points at an endpoint or a model."""
    names = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_API_BASE", "LGSTREAM_BASE_URL", "LGSTREAM_API_KEY")
    for name in (*names, "LGSTREAM_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def endpoint() -> Iterator[Callable[[ModelCallable], LocalEndpoint]]:
    """Starts an endpoint on a free port that answers with the given function; its key is "key"."""
    started = []

    def start(ask: ModelCallable) -> LocalEndpoint:
        endpoint = LocalEndpoint(0, "key")
        endpoint.start(ask, "scripted")
        started.append(endpoint)
        return endpoint

    yield start
    for one in started:
        one.close()
