"""The part of OpenAI's HTTP interface that chat needs, on loopback.

One thread per connection, from the standard library: llama.cpp calls back with each token in the thread that made the
request, so the token is written to the socket without a detour. An asyncio server would need a queue and a second
thread between the two, more packages, and an event loop that conflicts with nest-asyncio in notebooks.
"""

from __future__ import annotations

import errno
import hmac
import io
import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from lgstream.local.chat import ModelCallable, ToolCallMode, complete, respond
from lgstream.local.completion import Chunk, OnChunk
from lgstream.local.connections import Connections, RequestReader, discard_unread
from lgstream.local.errors import PortInUse, RequestError
from lgstream.local.tool_calls import Request

HOST = "127.0.0.1"
_CHAT_PATH = "/v1/chat/completions"
_MODELS_PATH = "/v1/models"
_MAX_BODY_BYTES = 16 * 1024 * 1024
"""Far more than any context can hold."""

_MAX_BODY_SECONDS = 60.0

logger = logging.getLogger(__name__)


class LocalEndpoint(ThreadingTCPServer):
    """An HTTP server on loopback. It binds its port when it is created and answers after :meth:`start`.

    Args:
        port: the port; 0 for a free one.
        key: the API key that clients must send.

    Raises:
        PortInUse: if another program listens on ``port``.
    """

    daemon_threads = True
    request_queue_size = 64
    # On Windows this option would allow two programs to share a port.
    allow_reuse_address = os.name != "nt"

    model: ModelCallable
    model_name: str
    tool_call_mode: ToolCallMode

    def __init__(self, port: int, key: str) -> None:
        self.key = key
        self.connections = Connections()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="lgstream-local", daemon=True)
        try:
            super().__init__((HOST, port), RequestHandler)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(port) from error
            raise

    @property
    def url(self) -> str:
        """The base URL for OpenAI's clients."""
        return f"http://{HOST}:{self.server_address[1]}/v1"

    def start(self, model: ModelCallable, model_name: str, tool_call_mode: ToolCallMode = "constrained") -> None:
        """Answer with ``model``, also the connections that were made since the port was bound."""
        self.model, self.model_name, self.tool_call_mode = model, model_name, tool_call_mode
        self._thread.start()

    def close(self) -> None:
        """Release the port. This does not end answers in progress; the model does."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for a connection."""
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self.connections.remove(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a connection that ended with an error, such as a client that has disconnected."""
        logger.debug("connection from %s ended", client_address, exc_info=True)


class RequestHandler(BaseHTTPRequestHandler):
    """Handles the requests of one connection."""

    server: LocalEndpoint
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # send each token at once
    timeout = 300  # seconds after which a client that does not read its answer is disconnected

    def setup(self) -> None:
        """Read the request within its limits."""
        super().setup()
        self._reader = RequestReader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def do_GET(self) -> None:
        """Handle a GET request."""
        self._handle(self._get)

    def do_POST(self) -> None:
        """Handle a POST request."""
        self._handle(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Log a request."""
        logger.debug(format, *args)

    def end_headers(self) -> None:
        """Send the headers, together with one that closes the connection after the response."""
        # langchain-openai shares one connection pool between all event loops of a process. An idle connection of an
        # event loop that has ended would break the next request of another one, so no connection is left idle.
        self.send_header("Connection", "close")
        super().end_headers()

    def finish(self) -> None:
        """End the connection."""
        super().finish()
        discard_unread(self.connection)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Send an error of the base class, such as an unknown method, as JSON."""
        self._send_json(code, RequestError(code, message or HTTPStatus(code).phrase).body())

    def _handle(self, method: Callable[[EventStream], None]) -> None:
        events = EventStream(self)
        try:
            method(events)
        except RequestError as error:
            self._send_request_error(error, events)
        except OSError:
            raise  # the client has disconnected
        except Exception as error:
            logger.exception("the local endpoint failed on %s", self.path)
            server_error = RequestError(500, f"the local endpoint failed: {error!r}", error_type="server_error")
            self._send_request_error(server_error, events)

    def _send_request_error(self, error: RequestError, events: EventStream) -> None:
        if events.has_started:
            events.send(error.body())
            events.end()
        else:
            self._send_json(error.status, error.body())

    def _get(self, events: EventStream) -> None:
        self._authorize()
        model = {"id": self.server.model_name, "object": "model", "created": 0, "owned_by": "lgstream"}
        if self.path == _MODELS_PATH:
            self._send_json(200, {"object": "list", "data": [model]})
        elif self.path.startswith(f"{_MODELS_PATH}/"):
            self._send_json(200, model)
        else:
            raise self._unknown_path()

    def _post(self, events: EventStream) -> None:
        self._authorize()
        if self.path != _CHAT_PATH:
            raise self._unknown_path()
        request = _parse(self._read_body())
        if request.get("stream"):
            respond(request, self._call_model, events.send, self.server.tool_call_mode)
            events.end()
        else:
            self._send_json(200, complete(request, self._call_model, self.server.tool_call_mode))

    def _read_body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 20) or int(length) > _MAX_BODY_BYTES:
            status = 413 if length.isdecimal() else 411
            raise RequestError(status, f"Content-Length must be given, up to {_MAX_BODY_BYTES} bytes")
        self._reader.allow(int(length), _MAX_BODY_SECONDS)
        try:
            return self.rfile.read(int(length))
        except TimeoutError as error:
            raise RequestError(408, f"the body took more than {_MAX_BODY_SECONDS:g} s to arrive") from error

    def _authorize(self) -> None:
        authorization = self.headers.get("Authorization", "")
        if not hmac.compare_digest(authorization.encode(), f"Bearer {self.server.key}".encode()):
            raise RequestError(401, "the API key is not this server's: use its server.key", code="invalid_api_key")
        if not self.server.connections.admit(self.connection):
            raise RequestError(503, "too many requests are being answered: try again", error_type="server_error")

    def _unknown_path(self) -> RequestError:
        return RequestError(
            404, f"{self.path} is not served here: the local endpoint has {_CHAT_PATH} and {_MODELS_PATH}"
        )

    def _call_model(self, request: Request, on_chunk: OnChunk) -> None:
        """Call the model, and stop it at the next token if the client has disconnected."""

        def receive(chunk: Chunk) -> None:
            if _is_closed_by_peer(self.connection):
                raise ConnectionAbortedError("the client has disconnected")
            on_chunk(chunk)

        self.server.model(request, receive)

    def _send_json(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(data)


class EventStream:
    """Server-sent events to one client. The status line and the headers are sent with the first event."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        self.has_started = False

    def send(self, event: dict[str, Any]) -> None:
        """Send an event at once."""
        self._write(json.dumps(event))

    def end(self) -> None:
        """Send the last event, ``[DONE]``, and end the response."""
        self._write("[DONE]")
        self._handler.wfile.write(b"0\r\n\r\n")

    def _write(self, data: str) -> None:
        if not self.has_started:
            self._send_headers()
        event = f"data: {data}\n\n".encode()
        self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))

    def _send_headers(self) -> None:
        self.has_started = True
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", "text/event-stream")
        self._handler.send_header("Cache-Control", "no-cache")
        self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()


def _parse(body: bytes) -> Request:
    """Return the request in the body of a POST.

    Raises:
        RequestError: if it is not JSON, or not an object with messages.
    """
    try:
        request = json.loads(body)
    except ValueError as error:
        raise RequestError(400, f"the body is not JSON: {error}") from error
    messages = request.get("messages") if isinstance(request, dict) else None
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise RequestError(400, "the body must be an object whose messages is a list of objects")
    return {**request}


def _is_closed_by_peer(connection: socket.socket) -> bool:
    """Return True if the other side has closed the connection. Does not block and consumes no data."""
    timeout = connection.gettimeout()
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(timeout)
