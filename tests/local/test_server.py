"""serve and start: environment variables, settings, and the end of a server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest

import lgstream.local
from lgstream.local.errors import ModelNotFound, PortInUse
from lgstream.local.model_files import find_model
from lgstream.local.server import Server

pytestmark = pytest.mark.usefixtures("bare_environment")


def variables() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_API_BASE")}


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a new Python process; the timeout is for processes that hang at their end."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def external_url(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LGSTREAM_BASE_URL", "http://models.test/v1")
    return "http://models.test/v1"


def test_an_external_endpoint_replaces_the_model(external_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    with lgstream.local.serve() as server:
        assert (server.url, server.key, server.model) == (external_url, "mine", "")
        assert variables()["OPENAI_BASE_URL"] == external_url


def test_an_external_endpoint_can_have_its_own_key(external_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    monkeypatch.setenv("LGSTREAM_API_KEY", "theirs")
    with lgstream.local.serve():
        assert variables()["OPENAI_API_KEY"] == "theirs"
    assert variables()["OPENAI_API_KEY"] == "mine"


def test_an_explicit_model_is_served_in_spite_of_an_external_endpoint(external_url: str, tmp_path: Path):
    with pytest.raises(ModelNotFound), lgstream.local.serve(tmp_path / "absent.gguf"):
        pass


def test_the_environment_is_restored_when_the_block_fails(external_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_BASE", "http://old.test")
    before = variables()
    with pytest.raises(KeyError), lgstream.local.serve():
        assert "OPENAI_API_BASE" not in os.environ
        raise KeyError
    assert variables() == before


def test_a_missing_file_does_not_change_the_environment(tmp_path: Path):
    with pytest.raises(ModelNotFound), lgstream.local.serve(tmp_path / "absent.gguf"):
        pass
    assert set(variables().values()) == {None}


def test_an_unknown_tools_option_is_rejected(tmp_path: Path):
    with pytest.raises(ValueError, match="native"), lgstream.local.serve(tools="magic"):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"slots": 0}, ValueError, "slots must be a whole number of at least 1, not 0"),
        ({"slots": True}, TypeError, "slots must be a whole number of at least 1, not True"),
        ({"threads": 0}, ValueError, "threads must be a whole number of at least 1, not 0"),
        ({"context": "8k"}, TypeError, "context must be a whole number of at least 1, not '8k'"),
        ({"context": -1}, ValueError, "context must be a whole number of at least 1, not -1"),
        ({"port": 70_000}, ValueError, "port must be a whole number from 0 to 65535, not 70000"),
    ],
)
def test_an_option_that_no_server_can_have_is_refused(options: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        lgstream.local.start(**options)


def test_start_returns_the_running_server(external_url: str):
    server = lgstream.local.start()
    try:
        assert lgstream.local.start() is server
    finally:
        server.stop()


def test_another_server_replaces_the_first(external_url: str, monkeypatch: pytest.MonkeyPatch):
    first = lgstream.local.start()
    monkeypatch.setenv("LGSTREAM_BASE_URL", "http://other.test/v1")
    second = lgstream.local.start()
    try:
        assert (first.running, second.running) == (False, True)
        assert variables()["OPENAI_BASE_URL"] == "http://other.test/v1"
    finally:
        second.stop()
    assert set(variables().values()) == {None}


def test_stopping_twice_does_nothing(external_url: str, monkeypatch: pytest.MonkeyPatch):
    server = lgstream.local.start()
    server.stop()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://later.test")
    server.stop()
    assert os.environ["OPENAI_BASE_URL"] == "http://later.test"


def test_importing_lgstream_local_loads_no_model_engine():
    assert run("import sys, lgstream.local; sys.exit('xllamacpp' in sys.modules)").returncode == 0


@pytest.mark.model
def test_the_environment_of_the_block_is_that_of_the_server():
    with lgstream.local.serve() as server:
        assert variables() == {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": server.key, "OPENAI_API_BASE": None}
        assert [model.id for model in openai.OpenAI().models.list()] == [server.model]
    assert set(variables().values()) == {None}
    with pytest.raises(openai.APIConnectionError):
        openai.OpenAI(base_url=server.url, api_key=server.key, max_retries=0).models.list()


@pytest.mark.model
def test_a_proxy_is_not_used_for_loopback(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet.test")
    with lgstream.local.serve() as server:
        assert [model.id for model in openai.OpenAI(max_retries=0).models.list()] == [server.model]
        assert os.environ["NO_PROXY"] == "intranet.test,127.0.0.1"
    assert os.environ["NO_PROXY"] == "intranet.test"


@pytest.mark.model
def test_a_custom_file_is_served_under_its_name(tmp_path: Path):
    (tmp_path / "mine.gguf").symlink_to(find_model())
    with lgstream.local.serve(tmp_path / "mine.gguf", threads=1, context=512, slots=1) as server:
        assert server.model == "mine"


@pytest.mark.model
def test_a_port_in_use_is_reported_before_the_model_is_loaded(server: Server):
    port = int(server.url.split(":")[2].split("/")[0])
    with pytest.raises(PortInUse, match=f"port {port}"), lgstream.local.serve(port=port):
        pass


@pytest.mark.model
def test_a_process_can_end_with_a_running_server_and_an_unfinished_answer():
    # Read with the standard library: a stream of openai's that is left open crashes Python 3.13.0 itself at exit.
    process = run(
        "import json, lgstream.local, urllib.request\n"
        "server = lgstream.local.start()\n"
        "body = {'messages': [{'role': 'user', 'content': 'Tell me a long story'}], 'stream': True}\n"
        "headers = {'Authorization': f'Bearer {server.key}'}\n"
        "ask = urllib.request.Request(f'{server.url}/chat/completions', json.dumps(body).encode(), headers)\n"
        "answer = urllib.request.urlopen(ask)\n"
        "print(answer.readline()[:5].decode())"
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "data:\n", "")


@pytest.mark.model
def test_a_forked_worker_uses_the_server_of_its_parent():
    process = run(
        "import lgstream.local, multiprocessing, openai\n"
        "server = lgstream.local.start()\n"
        "def work():\n"
        "    assert lgstream.local.start() is server\n"
        "    server.stop()\n"
        "    openai.OpenAI().models.list()\n"
        "worker = multiprocessing.get_context('fork').Process(target=work)\n"
        "worker.start(); worker.join()\n"
        "print(worker.exitcode, len(openai.OpenAI().models.list().data))"
    )
    assert (process.returncode, process.stdout) == (0, "0 1\n"), process.stderr


@pytest.mark.model
def test_a_notebook_kernel_starts_it_twice_and_ends():
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel()
    output: list[str] = []

    def listen(message: dict[str, object]) -> None:
        if message["msg_type"] in ("stream", "error"):
            output.append(str(message["content"]))

    try:
        for cell in (
            "import lgstream.local\nserver = lgstream.local.start()",
            "assert lgstream.local.start() is server\nfrom openai import AsyncOpenAI",
            (
                "stream = await AsyncOpenAI().chat.completions.create(model='m', stream=True, max_tokens=5,\n"
                "    messages=[{'role': 'user', 'content': 'hi'}])\n"
                "print(len([chunk async for chunk in stream]) > 1)"
            ),
        ):
            reply = client.execute_interactive(cell, timeout=120, output_hook=listen)
            assert reply["content"]["status"] == "ok", output
        assert "True" in output[-1]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)
    assert manager.provisioner is None or not manager.provisioner.has_process
