"""Fixtures: a server of the local model, and an endpoint whose model is a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import lgstream.local
from lgstream.local.chat import ModelCallable
from lgstream.local.http_server import LocalEndpoint
from lgstream.local.server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running server. If the file of the model is missing, this fails and says how to fetch it; it never skips."""
    with lgstream.local.serve() as running:
        yield running


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove all environment variables that name an endpoint or a model."""
    names = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_API_BASE", "LGSTREAM_BASE_URL", "LGSTREAM_API_KEY")
    for name in (*names, "LGSTREAM_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def endpoint() -> Iterator[Callable[[ModelCallable], LocalEndpoint]]:
    """Return a function that starts an endpoint on a free port with the given model; its API key is `key`."""
    started = []

    def start(model: ModelCallable) -> LocalEndpoint:
        endpoint = LocalEndpoint(0, "key")
        endpoint.start(model, "scripted")
        started.append(endpoint)
        return endpoint

    yield start
    for started_endpoint in started:
        started_endpoint.close()
