"""A file imports from its own layer or a lower one, so that each layer can be read without those above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "lgstream"

LAYERS = (
    {"callbacks", "constants", "errors", "types", "command", "events", "config", "runtime", "managed", "warnings"},
    {"channels"},
    {"state"},
    {"sinks", "modes"},
    {"engine"},
    {"graph"},
    {"prebuilt", "func"},
    {"views"},
    {"widgets"},
    {"adapters", "notebook"},
    {"__init__"},
)
"""Modules and packages of lgstream, from the lowest layer up."""

CONFINED = {
    "sinks": {"events"},
    "modes": {"events"},
    "views": {"events"},
    "widgets": {"events", "views"},
    "local": {"errors"},
}
"""What may import nothing but this, besides itself: a view takes a run's events; a model server, not even those."""

EXCUSED = {
    ("graph", "views"): "a graph at the end of a cell is shown as its picture, made when it is asked for",
    ("command", "state"): "Command.pairs() reads an instance's fields by the rule that a node's return is read by",
}


def imports(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """The names right under lgstream that ``source``, a file of ``package``, imports; not those for type checkers."""
    for node in executed(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            home = ".".join((*base, *filter(None, [node.module])))
            names = [f"{home}.{alias.name}" for alias in node.names]
        else:
            continue
        parts = (name.split(".") for name in names)
        yield from (name[1] for name in parts if name[0] == "lgstream" and len(name) > 1)


def executed(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of ``tree``, bodies of functions included, those under ``if TYPE_CHECKING:`` not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node = ast.Module(node.orelse, [])
        yield node
        yield from executed(node)


def imported() -> Iterator[tuple[str, str, str]]:
    """``(file, name it is part of, name it imports)`` for the whole package, a name being one right under lgstream."""
    for file in sorted(ROOT.rglob("*.py")):
        path = file.relative_to(ROOT.parent)
        own = path.parts[1].removesuffix(".py")
        for name in imports(file.read_text("utf-8"), path.parts[:-1]):
            if name != own and is_module(name):
                yield str(path), own, name


def is_module(name: str) -> bool:
    return (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()


IMPORTED = list(imported())
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def test_every_module_has_a_layer() -> None:
    names = {
        path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or list(path.glob("*.py"))
    }
    assert names == RANK.keys() | CONFINED.keys()


def test_no_file_imports_from_a_higher_layer() -> None:
    offenders = [
        f"{file} imports {name}"
        for file, own, name in IMPORTED
        if own not in CONFINED and (own, name) not in EXCUSED and RANK.get(name, len(LAYERS)) > RANK[own]
    ]
    assert offenders == []


def test_what_is_confined_imports_nothing_else() -> None:
    offenders = [
        f"{file} imports {name}" for file, own, name in IMPORTED if own in CONFINED and name not in CONFINED[own]
    ]
    assert offenders == []


@pytest.mark.parametrize("excuse", EXCUSED, ids=" imports ".join)
def test_an_excuse_is_still_needed(excuse: tuple[str, str]) -> None:
    assert excuse in {(own, name) for _, own, name in IMPORTED}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("from ..engine import sync", "engine"),
        ("from .. import engine", "engine"),
        ("from ..engine.run import Run", "engine"),
        ("from lgstream.engine import run", "engine"),
        ("from lgstream import engine", "engine"),
        ("import lgstream.engine.run", "engine"),
        ("def f():\n    from ..engine import run", "engine"),
        ("from .rows import Row", "views"),
        ("from . import rows", "views"),
    ],
)
def test_every_way_to_import_is_seen(line: str, name: str) -> None:
    assert list(imports(line, ("lgstream", "views"))) == [name]


@pytest.mark.parametrize("line", ["import json", "from json import loads"])
def test_other_packages_are_not_counted(line: str) -> None:
    assert list(imports(line, ("lgstream", "views"))) == []


def test_imports_for_type_checkers_are_not_counted() -> None:
    assert list(imports("if TYPE_CHECKING:\n    from ..engine import run", ("lgstream", "views"))) == []
