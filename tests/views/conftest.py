"""Goldens: files that say what a view looked like when somebody last looked at it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with ``goldens/<name>``; with ``WRITE_GOLDENS=1`` in the environment, write it there."""

    def compare(name: str, text: str) -> None:
        path = GOLDENS / name
        if os.environ.get("WRITE_GOLDENS"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
