"""`make lab`, as the README gives it to a new user."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import new_page
from tools.jupyterlab.lab import end, free_port, homes

pytestmark = [pytest.mark.browser, pytest.mark.model]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The one that `make lab` prints, of a server that waits there."""
    options = f"--no-browser --port={free_port()} --ServerApp.port_retries=0"
    making = subprocess.Popen(
        ["make", "lab", f"ARGS={options}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **homes(tmp_path)},
        start_new_session=True,
    )
    assert making.stdout is not None
    said = ""
    try:
        for line in making.stdout:
            said += line.decode()
            if found := re.search(r"http://127\.0\.0\.1:\S+", said):
                yield found[0]
                return
        pytest.fail(f"make lab printed no address:\n{said}")
    finally:
        end(making)
        making.stdout.close()


def test_make_lab_opens_the_quickstart(address: str, browser: Browser):
    page = new_page(browser)
    page.goto(address)
    expect(page.locator(".jp-Notebook").get_by_role("heading", name="Quickstart")).to_be_visible()
    page.close()


def test_it_has_the_extension_of_this_folder(address: str, browser: Browser):
    page = new_page(browser)
    page.goto(address)
    page.wait_for_function("window._JUPYTERLAB?.lgstream !== undefined")
    served = page.request.get(f"{address.partition('/lab')[0]}/lab/extensions/lgstream/sources.sha256")
    assert served.text() == (ROOT / "lgstream" / "widgets" / "static" / "sources.sha256").read_text("utf-8")
    page.close()
