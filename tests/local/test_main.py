"""python -m lgstream.local: its output and its end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import openai
import pytest

from lgstream.local.__main__ import main
from lgstream.local.model_files import find_model

pytestmark = pytest.mark.usefixtures("bare_environment")


def test_where_without_a_file_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LGSTREAM_CACHE", str(tmp_path))
    assert main(["where"]) == 1
    output = capsys.readouterr()
    assert output.out == "" and "python -m lgstream.local fetch" in output.err


@pytest.mark.model
def test_where_prints_the_file(capsys: pytest.CaptureFixture[str]):
    assert main(["where"]) == 0
    assert capsys.readouterr().out == f"{find_model()}\n"


@pytest.mark.model
def test_fetch_does_nothing_when_the_file_is_there(capsys: pytest.CaptureFixture[str]):
    assert main(["fetch"]) == 0
    assert "is there and whole" in capsys.readouterr().out


@pytest.mark.model
def test_serve_on_a_port_in_use_names_it(capsys: pytest.CaptureFixture[str]):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    assert f"lgstream.local: port {port}" in capsys.readouterr().err


@pytest.mark.model
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_the_variables_and_ends_at_a_signal(stop: signal.Signals):
    command = [sys.executable, "-m", "lgstream.local", "serve", "--threads", "1", "--context", "1024"]
    # This variable is for programs that start a model; the command that serves one ignores it.
    environment = {**os.environ, "LGSTREAM_BASE_URL": "http://models.test"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as serving:
        assert serving.stdout
        exports = serving.stdout.readline() + serving.stdout.readline()
        url, key = re.fullmatch(r"export OPENAI_BASE_URL=(\S+)\nexport OPENAI_API_KEY=(\S+)\n", exports).groups()
        assert openai.OpenAI(base_url=url, api_key=key).models.list().data
        serving.send_signal(stop)
        assert serving.wait(60) == 0
