"""A JupyterLab server in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat

TIMEOUT_SECONDS = 90
"""How long to wait for anything; generous, so that a test does not fail only because the machine is busy."""

START_ATTEMPTS = 3
"""How often to start the server before giving up: another program may take the free port first."""

SERVER_OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--ServerApp.disable_check_xsrf=True",
    "--ServerApp.terminals_enabled=False",
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
]

USER_SETTINGS: dict[str, dict[str, Any]] = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
}
"""Settings of JupyterLab: no notifications, no autosave, and all cells in the page at once."""

EXTENSION = Path(__file__).parents[2] / "lgstream" / "widgets" / "static"
"""The JupyterLab extension of this checkout; the installed one is a copy that may be older."""


@dataclass(frozen=True)
class Lab:
    """A running server.

    Attributes:
        url: Its address.
        root: The folder of its notebooks.
        data: The folder of Jupyter's data: kernels and extensions.
    """

    url: str
    root: Path
    data: Path

    def write_notebook(self, cells: list[str], kernel: str = "python3") -> str:
        """Create a notebook with these code cells for the kernel of this name, and return the notebook's name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
        name = f"{uuid4().hex[:8]}.ipynb"
        nbformat.write(notebook, self.root / name)
        return name

    def read_notebook(self, name: str) -> Any:
        """Return a notebook as it is saved."""
        return nbformat.read(self.root / name, as_version=4)

    def shut_down_kernels(self) -> None:
        """Shut down the kernels of all sessions."""
        for session in json.loads(self._request("GET", "sessions")):
            with suppress(OSError):
                self._request("DELETE", f"sessions/{session['id']}")

    def _request(self, method: str, path: str) -> bytes:
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return bytes(response.read())


def jupyter_environment(folder: Path) -> dict[str, str]:
    """Write JupyterLab's settings into ``folder``, and return the environment that makes it keep all files there."""
    for name, settings in USER_SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    folders = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    # Without this, the files of the virtual environment come first: the installed extension, not EXTENSION.
    return {name: str(folder / subfolder) for name, subfolder in folders.items()} | {"JUPYTER_PREFER_ENV_PATH": "0"}


@contextmanager
def serve_lab(folder: Path, environment: dict[str, str]) -> Iterator[Lab]:
    """Run a JupyterLab server that keeps all its files in ``folder``.

    Args:
        folder: An empty folder.
        environment: Variables for the server and its kernels, besides those of this process.

    Raises:
        RuntimeError: if the server does not start; the message holds its log.
    """
    root = folder / "root"
    root.mkdir()
    extensions = folder / "data" / "labextensions"
    extensions.mkdir(parents=True)
    (extensions / "lgstream").symlink_to(EXTENSION)
    log = folder / "lab.log"
    process, url = _start_server(root, log, {**os.environ, **jupyter_environment(folder), **environment})
    try:
        yield Lab(url, root, folder / "data")
    finally:
        terminate(process)


def _start_server(root: Path, log: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(START_ATTEMPTS):
        port = free_port()
        options = [*SERVER_OPTIONS, f"--ServerApp.port={port}", f"--ServerApp.root_dir={root}"]
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *options],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{port}"
        if _becomes_ready(url, process):
            return process, url
        terminate(process)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')}")


def _becomes_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Return True once the server answers, False if it ends or takes too long."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/api/status", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def free_port() -> int:
    """Return a TCP port that no program uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def terminate(process: subprocess.Popen[bytes]) -> None:
    """End a process and the process group that it leads; JupyterLab shuts down its kernels when it is asked to end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
