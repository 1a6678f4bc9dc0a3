"""A scripted model behind an OpenAI-compatible endpoint on loopback, with real HTTP and real streaming."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Semaphore, Thread
from typing import Any, Self

Request = dict[str, Any]
"""The body of a chat completion request: ``{"model", "messages", "stream"?, "tools"?, ...}``."""


@dataclass(frozen=True)
class ToolCall:
    """An answer with a tool call."""

    name: str
    arguments: dict[str, Any]
    id: str = "call_1"


Script = Callable[[Request], str | ToolCall]
"""Returns the answer to a request."""

_UNLIMITED_CHUNKS = 100_000
"""More chunks than any answer has."""

_USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


class OpenAIServer:
    """Serves ``script`` from construction to `close`. A context manager.

    Args:
        script: returns the answer to a request. Text is streamed in chunks of one word.
        pace: seconds between two chunks.

    Attributes:
        requests: the bodies of all requests so far, in order.
    """

    def __init__(self, script: Script, pace: float = 0.0) -> None:
        self.script = script
        self.pace = pace
        self.requests: list[Request] = []
        self._allowed: Semaphore | None = None
        self._http = _Http(self)
        Thread(target=self._http.serve_forever, name="scripted-model", daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make langchain-openai and openai use this server."""
        return {"OPENAI_BASE_URL": f"http://127.0.0.1:{self._http.server_port}/v1", "OPENAI_API_KEY": "sk-none"}

    def hold(self, chunks: int) -> None:
        """Stream this many more chunks, then pause until this method or `let_go` is called."""
        if self._allowed is None:
            self._allowed = Semaphore(chunks)
        else:
            self._allowed.release(chunks)

    def let_go(self) -> None:
        """Stream all further chunks without a pause."""
        allowed, self._allowed = self._allowed, None
        if allowed is not None:
            allowed.release(_UNLIMITED_CHUNKS)

    def wait(self) -> None:
        """Wait until the next chunk may be sent."""
        if self._allowed is not None:
            self._allowed.acquire()
        time.sleep(self.pace)

    def close(self) -> None:
        """Stop serving."""
        self.let_go()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def words(text: str) -> list[str]:
    """``"a b c"`` → ``["a", " b", " c"]``."""
    return re.findall(r"\s*\S+", text)


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: OpenAIServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.owner.requests.append(request)
        answer = self.server.owner.script(request)
        if request.get("stream"):
            self._send_headers("text/event-stream")
            for chunk in _chunks(request, answer):
                self.server.owner.wait()
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
                self.wfile.flush()
            self.wfile.write(b"data: [DONE]\n\n")
        else:
            self._send_headers("application/json")
            self.wfile.write(json.dumps(_completion(request, answer)).encode())

    def _send_headers(self, content_type: str) -> None:
        """Send the headers; in HTTP/1.0 the body ends with the connection."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


def _completion(request: Request, answer: str | ToolCall) -> dict[str, Any]:
    message = {"role": "assistant", "content": answer} if isinstance(answer, str) else _tool_call_message(answer)
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(answer)}
    return {**_common_fields(request), "object": "chat.completion", "choices": [choice], "usage": _USAGE}


def _chunks(request: Request, answer: str | ToolCall) -> Iterator[dict[str, Any]]:
    """Yield the chunks of the role, the words or parts of the call, the finish reason and, on request, the usage."""
    fields = {**_common_fields(request), "object": "chat.completion.chunk"}
    for delta in _deltas(answer):
        yield {**fields, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**fields, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish_reason(answer)}]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield {**fields, "choices": [], "usage": _USAGE}


def _deltas(answer: str | ToolCall) -> Iterator[dict[str, Any]]:
    if isinstance(answer, str):
        yield {"role": "assistant", "content": ""}
        yield from ({"content": word} for word in words(answer))
        return
    yield {"role": "assistant", "content": None}
    call, arguments = {"index": 0, "id": answer.id, "type": "function"}, json.dumps(answer.arguments)
    yield {"tool_calls": [{**call, "function": {"name": answer.name, "arguments": ""}}]}
    half = len(arguments) // 2
    for part in (arguments[:half], arguments[half:]):
        yield {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}


def _tool_call_message(answer: ToolCall) -> dict[str, Any]:
    function = {"name": answer.name, "arguments": json.dumps(answer.arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": answer.id, "type": "function", "function": function}],
    }


def _common_fields(request: Request) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "created": 1_700_000_000, "model": request["model"], "system_fingerprint": "fp_1"}


def _finish_reason(answer: str | ToolCall) -> str:
    return "stop" if isinstance(answer, str) else "tool_calls"
