"""A notebook that is open in JupyterLab or Notebook 7, driven through Chromium."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Browser, Locator, Page, Playwright, Route

from tools.jupyterlab.server import Lab

RUN_MIME_TYPE = "application/vnd.lgstream.run.v1+json"
"""The MIME type of a run that is saved in a notebook."""

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
]


def chromium_path() -> str:
    """Return the path of Chromium: that of the environment variable ``CHROMIUM``, or the system's.

    Raises:
        RuntimeError: if there is none.
    """
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise RuntimeError("The browser tests need Chromium: apt-get install chromium, or set CHROMIUM to its path.")
    return path


def launch_browser(playwright: Playwright, *args: str) -> Browser:
    """Launch Chromium without a window, with more command line arguments if any."""
    return playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=[*CHROMIUM_ARGS, *args])


@dataclass(frozen=True)
class FrontEnd:
    """A front end of the server, and the path at which it opens a notebook."""

    name: str
    path: str


JUPYTERLAB = FrontEnd("JupyterLab", "lab/workspaces/{unique}/tree/{notebook}")
NOTEBOOK_7 = FrontEnd("Notebook 7", "notebooks/{notebook}")


class Notebook:
    """A notebook that is open in a front end."""

    def __init__(
        self,
        page: Page,
        lab: Lab,
        name: str,
        front_end: FrontEnd = JUPYTERLAB,
        *,
        kernel: bool = True,
        idle: bool = True,
    ) -> None:
        """Open the notebook ``name`` of the server; without a kernel if ``kernel`` is False.

        Its kernel is waited for, until it is idle; not if ``idle`` is False, because it is running a cell.
        """
        self.page = page
        self.lab = lab
        self.name = name
        self.front_end = front_end
        page.add_init_script(path=Path(__file__).with_name("lab.js"))
        self.open(kernel=kernel, idle=idle)

    def open(self, *, kernel: bool = True, idle: bool = True) -> None:
        """Load the notebook as it is saved, in a page that has nothing else open."""
        if not kernel:
            self.page.route("**/api/sessions*", _refuse_post)
        path = self.front_end.path.format(unique=uuid4().hex, notebook=self.name)
        self.page.goto(f"{self.lab.url}/{path}", wait_until="domcontentloaded")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell", state="attached")
        if kernel and idle:
            self.page.wait_for_function("lab.isKernelIdle()")
        elif not kernel:
            self.page.locator(".jp-Dialog .jp-mod-accept", has_text="Ok").click()  # of the error message
            self.page.locator(".jp-Dialog .jp-mod-reject", has_text="No Kernel").click()

    def start(self, cell: int | None = None) -> None:
        """Start a code cell, or all cells, without waiting for the end."""
        if cell is None:
            self.page.evaluate("lab.startCommand('notebook:run-all-cells')")
        else:
            self.page.evaluate("cell => { lab.selectCell(cell); lab.startCommand('notebook:run-cell'); }", cell)

    def finish(self, cell: int | None = None) -> None:
        """Wait until a code cell has run, or all cells have."""
        self.page.wait_for_function("cell => lab.hasRun(cell)", arg=cell)

    def run(self, cell: int | None = None) -> None:
        """Run a code cell, or all cells, to the end."""
        self.start(cell)
        self.finish(cell)

    def interrupt(self) -> None:
        """Interrupt the kernel, as the button ■ of the toolbar does."""
        self.page.evaluate("lab.startCommand('notebook:interrupt-kernel')")

    def restart_kernel(self) -> None:
        """Restart the kernel, as the button of the toolbar does, and wait until it is ready again."""
        kernel_id = self.page.evaluate("lab.kernel.id")
        self.page.evaluate("lab.startCommand('notebook:restart-kernel')")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.wait_for_function("id => lab.kernel?.id === id && lab.isKernelIdle()", arg=kernel_id)

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate("lab.runCommand('docmanager:save')")

    def set_theme(self, theme: str) -> None:
        """Switch to the ``"light"`` or ``"dark"`` theme."""
        name = f"JupyterLab {theme.title()}"
        self.page.evaluate("theme => lab.runCommand('apputils:change-theme', {theme})", name)
        self.page.wait_for_selector(f"body[data-jp-theme-name='{name}']", state="attached")

    def hide_sidebar(self) -> None:
        """Hide the left sidebar, so that the notebook has the whole width."""
        self.page.evaluate("lab.runCommand('application:toggle-left-area')")

    def output(self, cell: int) -> Locator:
        """Return the output area of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-OutputArea").first

    def live_view(self, cell: int) -> Locator:
        """Return the live view in a cell's output."""
        return self.output(cell).locator(".jp-OutputArea-output:not([data-mime-type]) .lgs-view")

    def saved_view(self, cell: int) -> Locator:
        """Return the view of the run that is saved in a cell's output."""
        return self.output(cell).locator(f"[data-mime-type='{RUN_MIME_TYPE}'] .lgs-view")


def _refuse_post(route: Route) -> None:
    if route.request.method == "POST":
        route.abort()
    else:
        route.continue_()
