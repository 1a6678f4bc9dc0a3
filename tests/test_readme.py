"""The README is correct: its commands exist, its code runs, its links have targets."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


COMMANDS = [line.split("#")[0].strip() for block in fenced("sh") for line in block.splitlines() if line.strip()]
MAKE_TARGETS = sorted({*re.findall(r"\bmake ([a-z]+)", README)})


@pytest.mark.parametrize("target", MAKE_TARGETS)
def test_its_make_targets_exist(target: str):
    process = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr


def test_it_has_the_two_commands():
    assert {"make lab", "make test"} <= set(COMMANDS)


@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith("make ")])
def test_its_pip_extras_exist(command: str):
    (extras,) = re.fullmatch(r'pip install "\.\[([\w,]+)\]"', command).groups()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(extras.split(",")) <= project["optional-dependencies"].keys()


@pytest.mark.parametrize("code", fenced("python"))
def test_its_code_runs(code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    with OpenAIServer(lambda request: f"An answer to: {request['messages'][-1]['content']}") as model:
        for name, value in model.environment.items():
            monkeypatch.setenv(name, value)
        exec(compile(code, "README.md", "exec"), {})
    output = capsys.readouterr().out
    assert "An answer to: Tell me a joke about ice cream" in output
    assert output.endswith("An answer to: And one about cats")


def test_its_links_and_paths_exist():
    places = [*re.findall(r"\]\(([^)#:]+)\)", README), *re.findall(r"`([\w./-]*/[\w./-]+)`", README)]
    assert "docs/runview.png" in places and ".ci/run" in places
    assert not [place for place in places if not (ROOT / place).exists()]
