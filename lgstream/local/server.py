"""The local model as a server, which clients find through environment variables."""

from __future__ import annotations

import atexit
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import getproxies_environment

from lgstream.local.chat import ToolCallMode
from lgstream.local.http_server import HOST, LocalEndpoint
from lgstream.local.llama import LlamaEngine, LoadOptions, default_threads
from lgstream.local.model_files import find_model


@dataclass(frozen=True)
class _ServerSettings:
    """The settings of a server; :func:`start` returns the running server if they are equal to its settings.

    Attributes:
        load_options: the model to load; None if another endpoint is used.
        port: the port of the endpoint; 0 for a free one.
        tool_call_mode: who writes tool calls.
        external_url: the URL of another endpoint, or None.
    """

    load_options: LoadOptions | None
    port: int
    tool_call_mode: ToolCallMode
    external_url: str | None


class Server:
    """A chat model that OpenAI's clients find through environment variables, until :meth:`stop` is called.

    Attributes:
        url: the value of ``OPENAI_BASE_URL``.
        key: the value of ``OPENAI_API_KEY``.
        model: the name of the model, which answers requests with any model name; ``""`` for another endpoint.
    """

    def __init__(self, url: str, key: str, model: str, close: Callable[[], None]) -> None:
        self.url = url
        self.key = key
        self.model = model
        self._close = close
        self._process_id = os.getpid()
        self._stop_lock = threading.Lock()
        self._is_stopped = False
        self._previous_variables = _set_variables(_client_variables(url, key))
        # llama.cpp's threads must end before the interpreter does.
        atexit.register(self.stop)

    def stop(self) -> None:
        """End every answer, unload the model and restore the environment variables. A second call does nothing."""
        with self._stop_lock:
            if self._is_stopped or os.getpid() != self._process_id:  # the server's threads are not in a forked child
                return
            self._is_stopped = True
        atexit.unregister(self.stop)
        _set_variables(self._previous_variables)
        self._close()

    @property
    def running(self) -> bool:
        """True until :meth:`stop` is called."""
        return not self._is_stopped

    def __repr__(self) -> str:
        return f"<Server {self.model or 'external model'} at {self.url}, {'running' if self.running else 'stopped'}>"


@contextmanager
def serve(
    model: str | os.PathLike[str] | None = None,
    *,
    port: int = 0,
    threads: int | None = None,
    context: int = 8192,
    slots: int = 2,
    tools: ToolCallMode = "constrained",
) -> Iterator[Server]:
    """Serve a model in this process for a ``with`` block; ``ChatOpenAI()`` and ``AsyncOpenAI()`` in it use the model.

    Args:
        model: a GGUF file; by default the file that ``$LGSTREAM_MODEL`` names, else the fetched model. If it is None
            and ``$LGSTREAM_BASE_URL`` is set, no model is loaded and the block uses that endpoint.
        port: the port of the endpoint on loopback; 0 for a free one.
        threads: number of threads; by default one less than there are cores, at most four.
        context: size of the context in tokens, shared evenly by the slots.
        slots: number of answers that are generated at the same time; further requests wait.
        tools: who writes tool calls: ``"constrained"`` for forms that very small models can fill in, ``"native"`` for
            the chat template of the model.

    Yields:
        The running server.

    Raises:
        MissingPackage: if xllamacpp, or a library that it needs, is not installed.
        ModelNotFound: if the file does not exist.
        ModelRejected: if the file cannot be loaded.
        PortInUse: if another program listens on ``port``.
        TypeError: if ``port``, ``threads``, ``context`` or ``slots`` is not an int.
        ValueError: if one of them is out of range, or ``tools`` is unknown.

    Example:
        >>> with lgstream.local.serve():
        ...     ChatOpenAI(model="gpt-4o-mini").invoke("Write a joke about ice cream")
    """
    server = _start_server(_settings(model, port, threads, context, slots, tools))
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
    tools: ToolCallMode = "constrained",
) -> Server:
    """Serve a model until ``stop()`` of the returned server is called, or the process ends.

    For notebook cells, which are run repeatedly: if a server with the same settings is running, it is returned; a
    server with other settings is stopped first. Arguments and exceptions are those of :func:`serve`.
    """
    global _running_server, _running_settings
    settings = _settings(model, port, threads, context, slots, tools)
    with _start_lock:
        if _running_server and _running_server.running:
            if settings == _running_settings:
                return _running_server
            _running_server.stop()
        _running_server, _running_settings = _start_server(settings), settings
        return _running_server


# One server per process, because environment variables belong to the process.
_running_server: Server | None = None
_running_settings: _ServerSettings | None = None
_start_lock = threading.Lock()


def _settings(
    model: str | os.PathLike[str] | None, port: int, threads: int | None, context: int, slots: int, tools: ToolCallMode
) -> _ServerSettings:
    external_url = os.environ.get("LGSTREAM_BASE_URL")
    if external_url and model is None:
        return _ServerSettings(None, 0, tools, external_url)
    if tools not in ("constrained", "native"):
        raise ValueError(f'tools must be "constrained" or "native", not {tools!r}')
    whole = {"threads": default_threads() if threads is None else threads, "context": context, "slots": slots}
    for name, value in whole.items():
        _check_whole(name, value, 1)
    _check_whole("port", port, 0, 65_535)
    load_options = LoadOptions(find_model(model), whole["threads"], context, slots)
    return _ServerSettings(load_options, port, tools, None)


def _check_whole(name: str, value: object, lowest: int, highest: int | None = None) -> None:
    """Check an option of :func:`serve`.

    Raises:
        TypeError: if it is not an int.
        ValueError: if it is out of range.
    """
    bounds = f"of at least {lowest}" if highest is None else f"from {lowest} to {highest}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number {bounds}, not {value!r}")
    if value < lowest or (highest is not None and value > highest):
        raise ValueError(f"{name} must be a whole number {bounds}, not {value}")


def _start_server(settings: _ServerSettings) -> Server:
    if settings.load_options is None:
        key = os.environ.get("LGSTREAM_API_KEY") or os.environ.get("OPENAI_API_KEY") or "none"
        return Server(settings.external_url or "", key, "", close=lambda: None)
    endpoint = LocalEndpoint(settings.port, key=f"local-{secrets.token_urlsafe(24)}")
    try:
        engine = LlamaEngine(settings.load_options)
    except BaseException:
        endpoint.close()
        raise
    name = settings.load_options.path.stem
    endpoint.start(engine.chat, name, settings.tool_call_mode)

    def close() -> None:
        engine.close()
        endpoint.close()

    return Server(endpoint.url, endpoint.key, name, close)


def _client_variables(url: str, key: str) -> dict[str, str | None]:
    """Return the environment variables for clients; None removes a variable."""
    # OPENAI_API_BASE is langchain's older name for the base URL and would take precedence over the newer one.
    variables: dict[str, str | None] = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": key, "OPENAI_API_BASE": None}
    proxies = getproxies_environment()
    if HOST in url and proxies.keys() - {"no"}:
        # A proxy cannot reach the loopback of this machine.
        direct = ",".join(filter(None, [proxies.get("no"), HOST]))
        variables |= {"NO_PROXY": direct, "no_proxy": direct}
    return variables


def _set_variables(variables: dict[str, str | None]) -> dict[str, str | None]:
    """Set environment variables, or remove them (None), and return their previous values."""
    previous = {name: os.environ.get(name) for name in variables}
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return previous
