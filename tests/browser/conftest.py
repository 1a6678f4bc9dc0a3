"""One JupyterLab server, one Chromium and one scripted model for all tests, and a page for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.openai_server import OpenAIServer, Request, ToolCall
from tools.jupyterlab.kernels import INSTALLED_KERNEL, add_old_kernel
from tools.jupyterlab.notebook import JUPYTERLAB, FrontEnd, Notebook, launch_browser
from tools.jupyterlab.server import TIMEOUT_SECONDS, Lab, serve_lab

HERE = Path(__file__).parent

DRAFT = "Why did the ice-cream cone bring a cat to the party? Because it wanted a *purr-fect* topping. "
POLISHED = "**Whiskers and waffles**\n\nA tabby sat where sundaes melt,\nand licked the sprinkles that it smelt. "


def answer(request: Request) -> str | ToolCall:
    """Answer as the scripted model: with a call of ``search`` if tools are offered, else with a joke."""
    if request.get("tools") and request["messages"][-1]["role"] != "tool":
        return ToolCall("search", {"query": "where do eels go in autumn, and why at new moon"})
    return 2 * (DRAFT if request["messages"][-1]["content"].startswith("Draft") else POLISHED)


@pytest.fixture(scope="session")
def model_server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as server:
        yield server


@pytest.fixture
def model(model_server: OpenAIServer) -> Iterator[OpenAIServer]:
    """The scripted model; it answers as fast as possible unless the test sets its ``pace``."""
    model_server.pace = 0.0
    yield model_server
    model_server.pace = 0.0
    model_server.let_go()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, model_server: OpenAIServer) -> Iterator[Lab]:
    """A JupyterLab server whose kernels use the scripted model and can import ``graphs`` and lgstream."""
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**model_server.environment, "PYTHONPATH": os.pathsep.join(paths)}
    with serve_lab(tmp_path_factory.mktemp("lab"), environment) as lab:
        add_old_kernel(lab, paths)
        yield lab


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT_SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_notebook(lab: Lab, browser: Browser) -> Iterator[Callable[..., Notebook]]:
    """Return a function that opens a new notebook of code cells, after a first one that imports the graphs."""
    pages: list[Page] = []

    def open_notebook(*cells: str, front_end: FrontEnd = JUPYTERLAB, kernel: str = INSTALLED_KERNEL) -> Notebook:
        page = new_page(browser)
        pages.append(page)
        notebook = Notebook(page, lab, lab.write_notebook(["from graphs import *", *cells], kernel), front_end)
        notebook.run(0)
        return notebook

    yield open_notebook
    for page in pages:
        page.close()
    lab.shut_down_kernels()


def new_page(browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1240, "height": 1000})
    page.set_default_timeout(TIMEOUT_SECONDS * 1000)
    return page


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder of the screenshots; git ignores it."""
    folder = HERE / "shots"
    folder.mkdir(exist_ok=True)
    return folder
