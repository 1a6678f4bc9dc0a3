"""The embedded model as a server: started, known to the environment, stopped."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import getproxies_environment

from lgstream.local.chat import ToolCalls
from lgstream.local.http_server import HOST, Endpoint
from lgstream.local.llama import Engine, Load, default_threads
from lgstream.local.model_files import find


@dataclass(frozen=True)
class _Settings:
    """What a server was asked to be; two that are equal are one server to :func:`start`."""

    load: Load | None
    port: int
    tool_calls: ToolCalls
    elsewhere: str | None


class Server:
    """A chat model that OpenAI's clients find through the environment, until :meth:`stop`.

    Attributes:
        url: what ``OPENAI_BASE_URL`` is set to.
        key: what ``OPENAI_API_KEY`` is set to.
        model: the name of the model that answers, whatever name a client asks for; ``""`` if it is elsewhere.
    """

    def __init__(self, url: str, key: str, model: str, close: Callable[[], None]) -> None:
        self.url = url
        self.key = key
        self.model = model
        self._close = close
        self._process = os.getpid()
        self._stopping = threading.Lock()
        self._stopped = False
        self._outside = _set(_variables(url, key))
        # Before the interpreter ends: llama.cpp's threads must not outlive it.
        atexit.register(self.stop)

    def stop(self) -> None:
        """End every answer, unload the model and put the environment back. Stopping twice does nothing."""
        with self._stopping:
            if self._stopped or os.getpid() != self._process:  # a forked child has none of the server's threads
                return
            self._stopped = True
        atexit.unregister(self.stop)
        _set(self._outside)
        self._close()

    @property
    def running(self) -> bool:
        return not self._stopped

    def __repr__(self) -> str:
        return f"<Server {self.model or 'elsewhere'} at {self.url}, {'running' if self.running else 'stopped'}>"


@contextmanager
def serve(
    model: str | os.PathLike[str] | None = None,
    *,
    port: int = 0,
    threads: int | None = None,
    context: int = 8192,
    slots: int = 2,
    tools: ToolCalls = "constrained",
) -> Iterator[Server]:
    """A block in which ``ChatOpenAI()`` and ``AsyncOpenAI()`` talk to a model in this process.

    Args:
        model: a GGUF file; by default the one that ``$LGSTREAM_MODEL`` names, else the fetched one. If it is not given
            and ``$LGSTREAM_BASE_URL`` is set, no model is loaded and the block talks to that endpoint.
        port: of the endpoint on loopback; 0 takes a free one.
        threads: by default one less than there are cores, at most four.
        context: tokens, shared evenly by the slots.
        slots: answers made at the same time; further requests wait.
        tools: who makes tool calls: "constrained" forms, which models too small for tools can fill in, or "native",
            the model's own chat template.

    Raises:
        MissingPackage: xllamacpp, or a library that it needs, is not installed.
        ModelNotFound: the file is not there.
        ModelRejected: the file cannot be loaded.
        PortInUse: another program listens on ``port``.
    """
    server = _open(_settings(model, port, threads, context, slots, tools))
    try:
        yield server
    finally:
        server.stop()


def start(
    model: str | os.PathLike[str] | None = None,
    *,
    port: int = 0,
    threads: int | None = None,
    context: int = 8192,
    slots: int = 2,
    tools: ToolCalls = "constrained",
) -> Server:
    """:func:`serve` for the rest of the process, or until the server's ``stop()``.

    Made for notebook cells, which are run again: asked for the server that runs, it returns that; asked for another
    one, it stops the first.
    """
    global _running, _asked_for
    settings = _settings(model, port, threads, context, slots, tools)
    with _starting:
        if _running and _running.running:
            if settings == _asked_for:
                return _running
            _running.stop()
        _running, _asked_for = _open(settings), settings
        return _running


# The server of the process, as the environment it sets is the process's: a cell that is run again has to find it.
_running: Server | None = None
_asked_for: _Settings | None = None
_starting = threading.Lock()


def _settings(
    model: str | os.PathLike[str] | None, port: int, threads: int | None, context: int, slots: int, tools: ToolCalls
) -> _Settings:
    elsewhere = os.environ.get("LGSTREAM_BASE_URL")
    if elsewhere and model is None:
        return _Settings(None, 0, tools, elsewhere)
    if tools not in ("constrained", "native"):
        raise ValueError(f'tools must be "constrained" or "native", not {tools!r}')
    return _Settings(Load(find(model), threads or default_threads(), context, slots), port, tools, None)


def _open(settings: _Settings) -> Server:
    if settings.load is None:
        key = os.environ.get("LGSTREAM_API_KEY") or os.environ.get("OPENAI_API_KEY") or "none"
        return Server(settings.elsewhere or "", key, "", close=lambda: None)
    endpoint = Endpoint(settings.port, key=f"local-{secrets.token_urlsafe(24)}")
    try:
        engine = Engine(settings.load)
    except BaseException:
        endpoint.close()
        raise
    name = settings.load.path.stem
    endpoint.start(engine.ask, name, settings.tool_calls)

    def close() -> None:
        engine.close()
        endpoint.close()

    return Server(endpoint.url, endpoint.key, name, close)


def _variables(url: str, key: str) -> dict[str, str | None]:
    # OPENAI_API_BASE is langchain's older name for the base URL and would win over the newer one.
    variables: dict[str, str | None] = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": key, "OPENAI_API_BASE": None}
    proxies = getproxies_environment()
    if HOST in url and proxies.keys() - {"no"}:
        # A proxy cannot reach this machine's loopback.
        direct = ",".join(filter(None, [proxies.get("no"), HOST]))
        variables |= {"NO_PROXY": direct, "no_proxy": direct}
    return variables


def _set(variables: dict[str, str | None]) -> dict[str, str | None]:
    """Set or (None) remove environment variables; returns what they were before."""
    before = {name: os.environ.get(name) for name in variables}
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return before
