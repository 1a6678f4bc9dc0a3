"""One JupyterLab and one Chromium for all, a model whose answers are scripted, and a page for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.openai_server import OpenAIServer, Request, ToolCall
from tools.jupyterlab.kernels import NEWEST, add_older_kernel
from tools.jupyterlab.lab import JUPYTERLAB, WAIT, App, Lab, Notebook, launch, serving

HERE = Path(__file__).parent

DRAFT = "Why did the ice-cream cone bring a cat to the party? Because it wanted a *purr-fect* topping. "
POLISHED = "**Whiskers and waffles**\n\nA tabby sat where sundaes melt,\nand licked the sprinkles that it smelt. "


def answer(request: Request) -> str | ToolCall:
    if request.get("tools") and request["messages"][-1]["role"] != "tool":
        return ToolCall("search", {"query": "where do eels go in autumn, and why at new moon"})
    return 2 * (DRAFT if request["messages"][-1]["content"].startswith("Draft") else POLISHED)


@pytest.fixture(scope="session")
def served() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as server:
        yield server


@pytest.fixture
def model(served: OpenAIServer) -> Iterator[OpenAIServer]:
    """The model of the kernels; as fast as can be, unless the test sets its ``pace``."""
    served.pace = 0.0
    yield served
    served.pace = 0.0
    served.let_go()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, served: OpenAIServer) -> Iterator[Lab]:
    """Its kernels find the scripted model, graphs.py, and what the tests themselves import."""
    paths = [str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**served.environment, "PYTHONPATH": os.pathsep.join(paths)}
    with serving(tmp_path_factory.mktemp("lab"), environment) as lab:
        add_older_kernel(lab, paths)
        yield lab


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=WAIT * 1000)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def open_notebook(lab: Lab, browser: Browser) -> Iterator[Callable[..., Notebook]]:
    """Opens a new notebook of the given code cells; the first one, which gets the graphs, has run."""
    pages: list[Page] = []

    def open_notebook(*cells: str, app: App = JUPYTERLAB, kernel: str = NEWEST) -> Notebook:
        page = new_page(browser)
        pages.append(page)
        notebook = Notebook(page, lab, lab.write(["from graphs import *", *cells], kernel), app)
        notebook.run(0)
        return notebook

    yield open_notebook
    for page in pages:
        page.close()
    lab.end_kernels()


def new_page(browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1240, "height": 1000})
    page.set_default_timeout(WAIT * 1000)
    return page


@pytest.fixture(scope="session")
def shots() -> Path:
    """The folder of the screenshots, which git does not keep."""
    folder = HERE / "shots"
    folder.mkdir(exist_ok=True)
    return folder
