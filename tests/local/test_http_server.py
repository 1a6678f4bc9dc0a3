"""LocalEndpoint: HTTP on real sockets, with a scripted model."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Callable
from typing import Any

import openai
import pytest

from lgstream.local.chat import ModelCallable
from lgstream.local.completion import OnChunk
from lgstream.local.errors import PortInUse, RequestError
from lgstream.local.http_server import LocalEndpoint
from tests.support.scripted_llama import answer, chunk, scripted_model

Start = Callable[[ModelCallable], LocalEndpoint]
REQUEST: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


def client(endpoint: LocalEndpoint, key: str = "key") -> openai.OpenAI:
    return openai.OpenAI(base_url=endpoint.url, api_key=key, max_retries=0)


def connect(endpoint: LocalEndpoint) -> http.client.HTTPConnection:
    host, port = endpoint.server_address[:2]
    return http.client.HTTPConnection(str(host), port, timeout=30)


def post(to: http.client.HTTPConnection, body: bytes, key: str = "key", path: str = "/v1/chat/completions") -> Any:
    to.request("POST", path, body, {"Authorization": f"Bearer {key}"})
    response = to.getresponse()
    return response.status, json.loads(response.read())


def test_a_completion_has_its_usage(endpoint: Start):
    completion = client(endpoint(scripted_model("Hello there")[0])).chat.completions.create(**REQUEST)
    assert completion.choices[0].message.content == "Hello there"
    assert completion.usage and completion.usage.completion_tokens == 2


def test_an_answer_can_be_streamed(endpoint: Start):
    stream = client(endpoint(scripted_model("Hello there")[0])).chat.completions.create(**REQUEST, stream=True)
    assert [chunk.choices[0].delta.content for chunk in stream if chunk.choices] == [None, "Hello", " there", None]


def test_each_chunk_is_sent_before_the_next_one_is_generated(endpoint: Start):
    read = threading.Semaphore(0)

    def model(request: dict[str, Any], on_chunk: OnChunk) -> None:
        for answer_chunk in answer("one two three"):
            on_chunk(answer_chunk)
            assert read.acquire(timeout=30)

    stream = client(endpoint(model)).chat.completions.create(**REQUEST, stream=True)
    chunk_count = 0
    for _ in stream:
        chunk_count += 1
        read.release()
    assert chunk_count == len(answer("one two three"))


def test_the_only_model_is_the_one_that_answers(endpoint: Start):
    models = client(endpoint(scripted_model()[0])).models
    assert [model.id for model in models.list()] == ["scripted"] and models.retrieve("gpt-4o-mini").id == "scripted"


def test_another_key_is_rejected(endpoint: Start):
    with pytest.raises(openai.AuthenticationError, match=r"server\.key"):
        client(endpoint(scripted_model()[0]), key="other").models.list()


def test_the_error_for_an_unknown_path_lists_the_known_paths(endpoint: Start):
    with pytest.raises(openai.NotFoundError, match=r"/v1/responses is not served here.*/v1/chat/completions"):
        client(endpoint(scripted_model()[0])).responses.create(model="m", input="hi")


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"{", "not JSON"), (b"[]", "messages"), (b"{}", "messages"), (b'{"messages": ["hi"]}', "messages")],
)
def test_a_body_that_is_not_a_chat_is_rejected(endpoint: Start, body: bytes, message: str):
    status, response = post(connect(endpoint(scripted_model()[0])), body)
    assert status == 400 and message in response["error"]["message"]


def test_a_rejected_body_is_read_so_that_the_error_arrives(endpoint: Start):
    running = endpoint(scripted_model()[0])
    assert post(connect(running), b"x" * 5_000_000, key="other")[0] == 401
    assert post(connect(running), b"x" * 5_000_000, path="/v1/embeddings")[0] == 404


def test_no_connection_is_kept_alive(endpoint: Start):
    url = endpoint(scripted_model("one", "two", "three")[0]).url
    shared = openai.AsyncOpenAI(base_url=url, api_key="key", max_retries=0)
    for _ in range(3):
        assert asyncio.run(shared.chat.completions.create(**REQUEST)).choices


def test_a_body_without_a_length_is_rejected(endpoint: Start):
    connection = connect(endpoint(scripted_model()[0]))
    connection.putrequest("POST", "/v1/chat/completions")
    connection.putheader("Authorization", "Bearer key")
    connection.endheaders()
    assert connection.getresponse().status == 411


def test_a_body_that_is_too_large_is_rejected_unread(endpoint: Start):
    connection = connect(endpoint(scripted_model()[0]))
    connection.putrequest("POST", "/v1/chat/completions")
    connection.putheader("Authorization", "Bearer key")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()
    assert connection.getresponse().status == 413


def test_an_unknown_method_is_answered_in_json(endpoint: Start):
    connection = connect(endpoint(scripted_model()[0]))
    connection.request("PUT", "/v1/models")
    response = connection.getresponse()
    assert response.status == 501 and "error" in json.loads(response.read())


def test_an_error_of_the_model_is_an_http_error(endpoint: Start):
    def model(request: dict[str, Any], on_chunk: OnChunk) -> None:
        raise RequestError(400, "too long", code="context_length_exceeded")

    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match="too long") as raised:
            client(endpoint(model)).chat.completions.create(**REQUEST, stream=stream)
        assert raised.value.code == "context_length_exceeded"


def test_an_error_in_a_stream_ends_it(endpoint: Start):
    def model(request: dict[str, Any], on_chunk: OnChunk) -> None:
        on_chunk(chunk(content="Hel"))
        raise RequestError(503, "stopped")

    texts = []
    with pytest.raises(openai.APIError, match="stopped"):
        for received in client(endpoint(model)).chat.completions.create(**REQUEST, stream=True):
            texts.append(received.choices[0].delta.content)
    assert texts == ["Hel"]


def test_an_unexpected_error_is_answered_and_logged(endpoint: Start, caplog: pytest.LogCaptureFixture):
    def model(request: dict[str, Any], on_chunk: OnChunk) -> None:
        raise ZeroDivisionError("oops")

    with pytest.raises(openai.InternalServerError, match="oops"):
        client(endpoint(model)).chat.completions.create(**REQUEST)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_disconnects_ends_the_answer(endpoint: Start, stream: bool):
    started, ended = threading.Event(), threading.Event()

    def endless(request: dict[str, Any], on_chunk: OnChunk) -> None:
        try:
            while True:
                on_chunk(chunk(content="on"))
                started.set()
        finally:
            ended.set()

    connection = connect(endpoint(endless))
    headers = {"Authorization": "Bearer key"}
    connection.request("POST", "/v1/chat/completions", json.dumps({**REQUEST, "stream": stream}), headers)
    assert started.wait(30)
    connection.close()
    assert ended.wait(30)


def test_a_port_in_use_is_named_with_the_remedy(endpoint: Start):
    port = endpoint(scripted_model()[0]).server_address[1]
    with pytest.raises(PortInUse, match=rf"port {port} .*port="):
        LocalEndpoint(port, "key")


def test_closing_releases_the_port(endpoint: Start):
    first = endpoint(scripted_model()[0])
    first.close()
    LocalEndpoint(first.server_address[1], "key").close()
