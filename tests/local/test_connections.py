"""What clients may take from the local endpoint: bytes, time and threads. Real sockets and the real openai client."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import openai
import pytest

from lgstream.local import connections
from lgstream.local.chat import ModelCallable
from lgstream.local.completion import OnChunk
from lgstream.local.http_server import LocalEndpoint
from tests.support.scripted_llama import answer, scripted_model

Start = Callable[[ModelCallable], LocalEndpoint]
REQUEST: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"


def client(endpoint: LocalEndpoint, key: str = "key") -> openai.OpenAI:
    return openai.OpenAI(base_url=endpoint.url, api_key=key, max_retries=0, timeout=30)


def connect(endpoint: LocalEndpoint) -> socket.socket:
    host, port = endpoint.server_address[:2]
    return socket.create_connection((str(host), port), timeout=30)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(65_536):
        received += part
    return received


def server_threads() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_the_key_is_checked_before_the_body_arrives(endpoint: Start):
    with connect(endpoint(scripted_model("unused")[0])) as connection:
        connection.sendall(HEAD + b"Authorization: Bearer wrong\r\nContent-Length: 16000000\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")


def test_a_rejected_client_reads_its_answer_although_it_sends_megabytes(endpoint: Start):
    running = endpoint(scripted_model("unused")[0])
    messages: Any = [{"role": "user", "content": "x" * 12_000_000}]
    with pytest.raises(openai.AuthenticationError):
        client(running, "wrong").chat.completions.create(model="any", messages=messages)


def test_headers_without_an_end_are_refused(endpoint: Start):
    with connect(endpoint(scripted_model("unused")[0])) as connection:
        connection.sendall(HEAD + b"X-Long: " + b"x" * 50_000 + b"\r\nX-Longer: " + b"x" * 50_000)
        assert b" 431 " in read_all(connection).split(b"\r\n")[0]


def test_a_client_that_sends_its_headers_too_slowly_is_disconnected(endpoint: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "MAX_HEADER_SECONDS", 0.3)
    with connect(endpoint(scripted_model("unused")[0])) as connection:
        connection.sendall(HEAD)
        start = time.monotonic()
        assert read_all(connection) == b""
        assert time.monotonic() - start < 10


def test_hundreds_of_idle_connections_do_not_keep_a_client_from_its_answer(endpoint: Start):
    running = endpoint(scripted_model("Hello")[0])
    idle = [connect(running) for _ in range(200)]
    try:
        for connection in idle[::7]:
            connection.sendall(b"POST /")
        completion = client(running).chat.completions.create(**REQUEST)
        assert completion.choices[0].message.content == "Hello"
        assert server_threads() <= connections.MAX_WAITING + connections.MAX_ANSWERS
    finally:
        for connection in idle:
            connection.close()


def test_beyond_the_answers_at_once_a_client_is_told_to_try_again(endpoint: Start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "MAX_ANSWERS", 1)
    started, go_on = threading.Event(), threading.Event()

    def model(request: dict[str, Any], on_chunk: OnChunk) -> None:
        started.set()
        assert go_on.wait(30)
        for chunk in answer("Hello"):
            on_chunk(chunk)

    running = endpoint(model)
    first = threading.Thread(target=lambda: client(running).chat.completions.create(**REQUEST))
    first.start()
    try:
        assert started.wait(30)
        with pytest.raises(openai.InternalServerError) as refused:
            client(running).chat.completions.create(**REQUEST)
        assert refused.value.status_code == 503 and refused.value.response.headers["retry-after"] == "1"
    finally:
        go_on.set()
        first.join(30)
    assert client(running).chat.completions.create(**REQUEST).choices[0].message.content == "Hello"
