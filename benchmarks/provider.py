"""A model provider in a process of its own, so that a real client makes HTTP requests and only the client is measured.

The model ``words-5000`` answers with 5,000 times ``word ``, all in one write, so that the client never waits.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@cache
def address() -> str:
    """Return the client's ``base_url``. The first call starts the provider, which ends with this process."""
    provider = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.provider"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(provider.communicate)  # closes its stdin, which ends it
    assert provider.stdout is not None
    return f"http://127.0.0.1:{int(provider.stdout.readline())}/v1"


@cache
def answer(model: str) -> bytes:
    """Return the stream of an answer as server-sent events."""
    frame = {"id": "answer", "object": "chat.completion.chunk", "created": 0, "model": model}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "word "}]
    deltas += [{"content": "word "}] * (int(model.rpartition("-")[2]) - 1)
    chunks = [{**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    return b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"


class Handler(BaseHTTPRequestHandler):
    """Answers ``POST /v1/chat/completions``."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(answer(request["model"]))

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


def serve() -> None:
    """Print the port, and answer requests until stdin is closed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve()
