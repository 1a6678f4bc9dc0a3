"""The kernels of the tests' notebooks: the installed ipykernel, and an older one beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.jupyterlab.server import Lab

INSTALLED_KERNEL = "python3"
"""The name of the kernel with the installed ipykernel."""

OLD_KERNEL = "older"
"""The name of the kernel with :data:`OLD_IPYKERNEL`."""

OLD_IPYKERNEL = "ipykernel==6.31.*"
"""A version before 7, with which a kernel handles no messages while a cell awaits."""


def add_old_kernel(lab: Lab, paths: list[str]) -> None:
    """Add the kernel :data:`OLD_KERNEL` to the server: the same Python and packages except for ipykernel.

    The old ipykernel is installed once, into a folder of the virtual environment that only this kernel has on its path.
    Its dependencies are there already: the installed ipykernel has the same.

    Args:
        lab: The server.
        paths: Further folders for the kernel's path.
    """
    folder = Path(sys.prefix) / "older-ipykernel"
    if not (folder / "ipykernel").exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*install, "--target", str(folder), OLD_IPYKERNEL], check=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": OLD_KERNEL,
        "language": "python",
        "env": {"PYTHONPATH": os.pathsep.join([str(folder), *paths])},
    }
    spec_folder = lab.data / "kernels" / OLD_KERNEL
    spec_folder.mkdir(parents=True)
    (spec_folder / "kernel.json").write_text(json.dumps(spec))
