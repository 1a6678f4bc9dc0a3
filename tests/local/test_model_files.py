"""find_model and fetch: the valid file, or an error with the remedy."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lgstream.local import model_files
from lgstream.local.errors import FetchFailed, MissingPackage, ModelNotFound, ModelRejected

CONTENT = b"GGUF and the rest"
TINY = model_files.PackagedModel("tiny-model==1.0", "tiny.gguf", hashlib.sha256(CONTENT).hexdigest(), 1)

pytestmark = pytest.mark.usefixtures("bare_environment")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LGSTREAM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the package tiny-model 1.0, which is the only package index for pip."""
    folder = tmp_path / "index"
    folder.mkdir()
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(folder / "tiny_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_model/tiny.gguf", CONTENT)
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nRequires-Dist: absent\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        names = ["tiny_model/tiny.gguf", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD"]
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def gguf(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENT)
    return path


def test_the_argument_comes_first(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gguf(cache / model_files.SMOLLM2.file_name)
    monkeypatch.setenv("LGSTREAM_MODEL", str(gguf(tmp_path / "env.gguf")))
    assert model_files.find_model(gguf(tmp_path / "given.gguf")) == tmp_path / "given.gguf"


def test_the_environment_variable_comes_second(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gguf(cache / model_files.SMOLLM2.file_name)
    monkeypatch.setenv("LGSTREAM_MODEL", str(gguf(tmp_path / "env.gguf")))
    assert model_files.find_model() == tmp_path / "env.gguf"


def test_the_fetched_file_comes_last(cache: Path):
    path = gguf(cache / model_files.SMOLLM2.file_name)
    assert model_files.find_model() == path


def test_the_error_without_a_fetched_file_names_the_command(cache: Path):
    with pytest.raises(ModelNotFound, match=r"python -m lgstream.local fetch"):
        model_files.find_model()


def test_the_error_for_a_missing_custom_file_names_its_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ModelNotFound, match=r"absent\.gguf: model=\.\.\. must name"):
        model_files.find_model(tmp_path / "absent.gguf")
    monkeypatch.setenv("LGSTREAM_MODEL", str(tmp_path / "absent.gguf"))
    with pytest.raises(ModelNotFound, match=r"absent\.gguf: LGSTREAM_MODEL must name"):
        model_files.find_model()


def test_a_file_of_another_format_is_rejected(tmp_path: Path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"{}")
    with pytest.raises(ModelRejected, match="not a GGUF file"):
        model_files.find_model(path)


def test_without_platformdirs_the_cache_folder_can_be_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LGSTREAM_CACHE", raising=False)
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(MissingPackage, match=r"lgstream\[local\].*LGSTREAM_CACHE"):
        model_files.cache_folder()


def test_fetch_leaves_only_the_file(cache: Path, index: Path):
    path = model_files.fetch(TINY)
    assert path.read_bytes() == CONTENT and list(cache.iterdir()) == [path]


def test_a_second_fetch_installs_nothing(cache: Path, index: Path):
    model_files.fetch(TINY)
    next(index.iterdir()).unlink()
    log: list[str] = []
    assert model_files.fetch(TINY, log.append) == cache / "tiny.gguf" and "whole" in log[-1]


def test_a_damaged_file_is_fetched_again(cache: Path, index: Path):
    gguf(cache / "tiny.gguf").write_bytes(CONTENT[:5])
    assert model_files.fetch(TINY).read_bytes() == CONTENT


def test_two_concurrent_fetches_succeed(cache: Path, index: Path):
    code = f"from lgstream.local import model_files; model_files.fetch(model_files.PackagedModel(*{tuple(TINY)!r}))"
    runs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0]
    assert [path.name for path in cache.iterdir()] == ["tiny.gguf"]


def test_an_unexpected_file_is_not_installed(cache: Path, index: Path):
    with pytest.raises(ModelRejected, match="sha256"):
        model_files.fetch(TINY._replace(sha256="0" * 64))
    assert list(cache.iterdir()) == []


def test_the_error_of_pip_says_what_to_check(cache: Path, index: Path):
    with pytest.raises(FetchFailed, match=r"absent-model==1\.0.*check the network"):
        model_files.fetch(TINY._replace(requirement="absent-model==1.0"))


def test_the_error_without_pip_says_so(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare/bin/python"))
    with pytest.raises(FetchFailed, match="ensurepip"):
        model_files.fetch(TINY)
