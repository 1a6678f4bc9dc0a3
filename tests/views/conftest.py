"""Goldens: files with the views that were last checked by a person."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Return a function that compares a text with ``goldens/<name>``; with ``WRITE_GOLDENS`` set, it writes that."""

    def compare(name: str, text: str) -> None:
        path = GOLDENS / name
        if os.environ.get("WRITE_GOLDENS"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
