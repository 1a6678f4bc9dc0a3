"""The part of OpenAI's HTTP interface that chat needs, on loopback.

A thread per connection, from the standard library: llama.cpp answers in the thread that asks and hands over each token
there, so the token goes straight to the socket. An asyncio server would put a queue and a second thread between the
two, add packages, and share its event loop classes with nest-asyncio where a notebook has applied that.
"""

from __future__ import annotations

import errno
import hmac
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

from lgstream.local.chat import Ask, Chunk, Each, ToolCalls, complete, respond
from lgstream.local.errors import PortInUse, Refused

HOST = "127.0.0.1"
_CHAT = "/v1/chat/completions"
_MODELS = "/v1/models"
_MAX_BODY = 16 * 1024 * 1024  # bytes; far more than any context holds

log = logging.getLogger(__name__)


class Endpoint(ThreadingTCPServer):
    """Answers on ``port`` of loopback once :meth:`start` was called; the port is taken from the beginning.

    Raises:
        PortInUse: another program listens on ``port``.
    """

    daemon_threads = True
    request_queue_size = 64
    # On Windows the option means that two programs may share a port.
    allow_reuse_address = os.name != "nt"

    ask: Ask
    model: str
    tool_calls: ToolCalls

    def __init__(self, port: int, key: str) -> None:
        self.key = key
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="lgstream-local", daemon=True)
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(port) from error
            raise

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}/v1"

    def start(self, ask: Ask, model: str, tool_calls: ToolCalls = "constrained") -> None:
        """Answer with ``ask``, under the name ``model``; connections made since the port was taken are waiting."""
        self.ask, self.model, self.tool_calls = ask, model, tool_calls
        self._thread.start()

    def close(self) -> None:
        """Give the port back. Answers under way are the model's to end."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("connection from %s ended", client_address, exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Endpoint
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a token is a packet
    timeout = 300  # seconds until a client that neither writes nor reads counts as gone

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def end_headers(self) -> None:
        # langchain-openai shares one pool of connections between all event loops of a process: an idle connection
        # left there by a loop that has ended breaks the next request of another. So none is ever left idle.
        self.send_header("Connection", "close")
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self._send(code, Refused(code, message or HTTPStatus(code).phrase).body())

    def _answer(self, reply: Callable[[EventStream], None]) -> None:
        events = EventStream(self)
        try:
            reply(events)
        except Refused as refused:
            self._refuse(refused, events)
        except OSError:
            raise  # the client is gone
        except Exception as error:
            log.exception("the local endpoint failed on %s", self.path)
            self._refuse(Refused(500, f"the local endpoint failed: {error!r}", kind="server_error"), events)

    def _refuse(self, refused: Refused, events: EventStream) -> None:
        if events.begun:
            events.send(refused.body())
            events.end()
        else:
            self._send(refused.status, refused.body())

    def _get(self, events: EventStream) -> None:
        self._authorize()
        model = {"id": self.server.model, "object": "model", "created": 0, "owned_by": "lgstream"}
        if self.path == _MODELS:
            self._send(200, {"object": "list", "data": [model]})
        elif self.path.startswith(f"{_MODELS}/"):
            self._send(200, model)
        else:
            raise self._unknown()

    def _post(self, events: EventStream) -> None:
        body = self._read()  # before anything else: a connection closed with unread data is reset, the answer lost
        self._authorize()
        if self.path != _CHAT:
            raise self._unknown()
        request = _parse(body)
        if request.get("stream"):
            respond(request, self._ask, events.send, self.server.tool_calls)
            events.end()
        else:
            self._send(200, complete(request, self._ask, self.server.tool_calls))

    def _read(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MAX_BODY:
            raise Refused(413 if length.isdecimal() else 411, f"Content-Length must be given, up to {_MAX_BODY} bytes")
        return self.rfile.read(int(length))

    def _authorize(self) -> None:
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.key}".encode()):
            raise Refused(401, "the API key is not this server's: use its server.key", code="invalid_api_key")

    def _unknown(self) -> Refused:
        return Refused(404, f"{self.path} is not served here: the local endpoint has {_CHAT} and {_MODELS}")

    def _ask(self, request: dict[str, Any], each: Each) -> None:
        """Ask the model, and stop it at the next token when the client is gone."""

        def receive(chunk: Chunk) -> None:
            if _hung_up(self.connection):
                raise ConnectionAbortedError("the client is gone")
            each(chunk)

        self.server.ask(request, receive)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class EventStream:
    """Server-sent events to one client, each sent when it is given. The status line goes with the first."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.begun = False

    def send(self, event: dict[str, Any]) -> None:
        self._write(json.dumps(event))

    def end(self) -> None:
        self._write("[DONE]")
        self._handler.wfile.write(b"0\r\n\r\n")

    def _write(self, data: str) -> None:
        if not self.begun:
            self._begin()
        event = f"data: {data}\n\n".encode()
        self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))

    def _begin(self) -> None:
        self.begun = True
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", "text/event-stream")
        self._handler.send_header("Cache-Control", "no-cache")
        self._handler.send_header("Transfer-Encoding", "chunked")
        self._handler.end_headers()


def _parse(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
    messages = request.get("messages") if isinstance(request, dict) else None
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise Refused(400, "the body must be an object whose messages is a list of objects")
    return {**request}


def _hung_up(connection: socket.socket) -> bool:
    """Whether the other side has closed ``connection``. Takes nothing from it and does not wait."""
    patience = connection.gettimeout()
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(patience)
