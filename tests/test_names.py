"""One word for one thing: no public class or function has the name of another one."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "lgstream"

TWINS = {
    "drive": {"engine/drivers/sync.py", "engine/drivers/aio.py"},
    "run_effects": {"effects/blocking.py", "effects/aio.py"},
}
"""Names that the sync and the async side of one thing share, with the files of both."""


def test_no_public_name_is_defined_in_two_modules() -> None:
    files_by_name: defaultdict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            is_definition = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            name = getattr(node, "name", "") if is_definition else ""
            if name and not name.startswith("_"):
                files_by_name[name].add(path.relative_to(PACKAGE).as_posix())
    assert {name: files for name, files in files_by_name.items() if len(files) > 1} == TWINS
