"""``make lab``, the command that the README gives to a new user."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import new_page
from tools.jupyterlab.server import free_port, jupyter_environment, terminate

pytestmark = [pytest.mark.browser, pytest.mark.model]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address that ``make lab`` prints; its server runs until the end of the test."""
    options = f"--no-browser --port={free_port()} --ServerApp.port_retries=0"
    process = subprocess.Popen(
        ["make", "lab", f"ARGS={options}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **jupyter_environment(tmp_path)},
        start_new_session=True,
    )
    assert process.stdout is not None
    output = ""
    try:
        for line in process.stdout:
            output += line.decode()
            if match := re.search(r"http://127\.0\.0\.1:\S+", output):
                yield match[0]
                return
        pytest.fail(f"make lab printed no address:\n{output}")
    finally:
        terminate(process)
        process.stdout.close()


def test_make_lab_opens_the_quickstart(address: str, browser: Browser):
    page = new_page(browser)
    page.goto(address)
    expect(page.locator(".jp-Notebook").get_by_role("heading", name="Quickstart")).to_be_visible()
    page.close()


def test_make_lab_shows_the_extension_of_this_checkout(address: str, browser: Browser):
    page = new_page(browser)
    page.goto(address)
    page.wait_for_function("window._JUPYTERLAB?.lgstream !== undefined")
    response = page.request.get(f"{address.partition('/lab')[0]}/lab/extensions/lgstream/sources.sha256")
    assert response.text() == (ROOT / "lgstream" / "widgets" / "static" / "sources.sha256").read_text("utf-8")
    page.close()
