"""A real JupyterLab, and a notebook open in it, driven through Chromium."""

from __future__ import annotations

import json
import os
import shutil
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
from playwright.sync_api import Browser, Locator, Page, Playwright, Route

MIME = "application/vnd.lgstream.run.v1+json"

WAIT = 90
"""Seconds until what does not come is given up: a busy machine is not a broken one."""

STARTS = 3
"""Times that a server is started before it is given up: another program may take the free port first."""

OPTIONS = [
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

SETTINGS: dict[str, dict[str, Any]] = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
    "notebook-extension/tracker": {"windowingMode": "none"},
    "docmanager-extension/plugin": {"autosave": False},
}
"""As a user would have set them: no questions, no saving unasked, and all cells in the page at once."""

EXTENSION = Path(__file__).parents[2] / "lgstream" / "widgets" / "static"
"""lgstream's own, as it is in this checkout and not as it was when it was installed."""

CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
]


@dataclass(frozen=True)
class Lab:
    """A running server. ``root`` is the folder of its notebooks, ``data`` that of its Jupyter's data."""

    url: str
    root: Path
    data: Path

    def write(self, cells: list[str], kernel: str = "python3") -> str:
        """A new notebook with these code cells, for the kernel of this name; its name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
        name = f"{uuid4().hex[:8]}.ipynb"
        nbformat.write(notebook, self.root / name)
        return name

    def read(self, name: str) -> Any:
        """The notebook as it is saved."""
        return nbformat.read(self.root / name, as_version=4)

    def end_kernels(self) -> None:
        for session in json.loads(self._ask("GET", "sessions")):
            with suppress(OSError):
                self._ask("DELETE", f"sessions/{session['id']}")

    def _ask(self, method: str, what: str) -> bytes:
        request = urllib.request.Request(f"{self.url}/api/{what}", method=method)
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            return bytes(answer.read())


def homes(folder: Path) -> dict[str, str]:
    """The environment of a JupyterLab that keeps all its files in ``folder``, and its settings there."""
    for name, settings in SETTINGS.items():
        file = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    places = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
    }
    # In a virtual environment what is installed there comes first: the extension as it was then, not EXTENSION.
    return {name: str(folder / place) for name, place in places.items()} | {"JUPYTER_PREFER_ENV_PATH": "0"}


@contextmanager
def serving(folder: Path, environment: dict[str, str]) -> Iterator[Lab]:
    """A JupyterLab on a folder of its own; its kernels see ``environment`` besides the process's own."""
    root = folder / "root"
    root.mkdir()
    (folder / "data" / "labextensions").mkdir(parents=True)
    (folder / "data" / "labextensions" / "lgstream").symlink_to(EXTENSION)
    process, url = _started(root, folder / "lab.log", {**os.environ, **homes(folder), **environment})
    try:
        yield Lab(url, root, folder / "data")
    finally:
        end(process)


def _started(root: Path, log: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(STARTS):
        port = free_port()
        own = [f"--ServerApp.port={port}", f"--ServerApp.root_dir={root}"]
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab", *OPTIONS, *own],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{port}"
        if _answers(url, process):
            return process, url
        end(process)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(errors='replace')}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + WAIT
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/api/status", timeout=5).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group, and the group. JupyterLab ends its kernels when it is asked to end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def chromium() -> str:
    """Where the system's Chromium is; ``CHROMIUM`` names another one."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise RuntimeError("The browser tests need Chromium: apt-get install chromium, or set CHROMIUM to its path.")
    return found


def launch(playwright: Playwright) -> Browser:
    """A browser without windows."""
    return playwright.chromium.launch(executable_path=chromium(), headless=True, args=CHROMIUM)


@dataclass(frozen=True)
class App:
    """A front end that the server has, and where in it a notebook is open."""

    name: str
    path: str


JUPYTERLAB = App("JupyterLab", "lab/workspaces/{unique}/tree/{notebook}")
NOTEBOOK_7 = App("Notebook 7", "notebooks/{notebook}")


class Notebook:
    """A notebook open in a front end."""

    def __init__(self, page: Page, lab: Lab, name: str, app: App = JUPYTERLAB, kernel: bool = True) -> None:
        self.page = page
        self.lab = lab
        self.name = name
        self.app = app
        page.add_init_script(path=Path(__file__).with_name("lab.js"))
        self.open(kernel)

    def open(self, kernel: bool = True) -> None:
        """Show the notebook as it is saved, in a page that has nothing else open."""
        if not kernel:
            self.page.route("**/api/sessions*", _refuse_new)
        path = self.app.path.format(unique=uuid4().hex, notebook=self.name)
        self.page.goto(f"{self.lab.url}/{path}", wait_until="domcontentloaded")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell", state="attached")
        if kernel:
            self.page.wait_for_function("lab.idle()")
        else:
            self.page.locator(".jp-Dialog .jp-mod-accept", has_text="Ok").click()  # told that there is no kernel
            self.page.locator(".jp-Dialog .jp-mod-reject", has_text="No Kernel").click()

    def start(self, cell: int | None = None) -> None:
        """Have a code cell run, or all, and go on."""
        if cell is None:
            self.page.evaluate("lab.begin('notebook:run-all-cells')")
        else:
            self.page.evaluate("cell => { lab.choose(cell); lab.begin('notebook:run-cell'); }", cell)

    def finish(self, cell: int | None = None) -> None:
        """Wait until this code cell has run, or all have."""
        self.page.wait_for_function("cell => lab.ended(cell)", arg=cell)

    def run(self, cell: int | None = None) -> None:
        """Run a code cell, or all, to the end."""
        self.start(cell)
        self.finish(cell)

    def interrupt(self) -> None:
        """The ■ of the toolbar."""
        self.page.evaluate("lab.begin('notebook:interrupt-kernel')")

    def save(self) -> None:
        self.page.evaluate("lab.command('docmanager:save')")

    def look(self, theme: str) -> None:
        """The "light" or "dark" theme, and the whole width for the notebook."""
        self.page.evaluate("lab.command('application:toggle-left-area')")
        self.page.evaluate("theme => lab.command('apputils:change-theme', {theme})", f"JupyterLab {theme.title()}")
        self.page.wait_for_selector(f"body[data-jp-theme-name='JupyterLab {theme.title()}']", state="attached")

    def output(self, cell: int) -> Locator:
        """A cell's output."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-OutputArea").first

    def view(self, cell: int) -> Locator:
        """The live view in a cell's output."""
        return self.output(cell).locator(".jp-OutputArea-output:not([data-mime-type]) .lgs-view")

    def saved(self, cell: int) -> Locator:
        """The view of the run that is saved in a cell's output."""
        return self.output(cell).locator(f"[data-mime-type='{MIME}'] .lgs-view")


def _refuse_new(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()
