"""The kernels of the tests' notebooks: the newest ipykernel, which is installed, and an older one beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.jupyterlab.lab import Lab

NEWEST = "python3"
OLDER = "older"

BEFORE_7 = "ipykernel==6.31.*"
"""From 7 on, a kernel hears messages while a cell awaits."""


def add_older_kernel(lab: Lab, paths: list[str]) -> None:
    """Register the kernel ``OLDER``: the same Python and packages, but for ipykernel.

    That is installed once into a folder of the environment which nothing else looks into. What it needs is there: the
    newest needs the same.
    """
    folder = Path(sys.prefix) / "older-ipykernel"
    if not (folder / "ipykernel").exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*install, "--target", str(folder), BEFORE_7], check=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": OLDER,
        "language": "python",
        "env": {"PYTHONPATH": os.pathsep.join([str(folder), *paths])},
    }
    place = lab.data / "kernels" / OLDER
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(spec))
