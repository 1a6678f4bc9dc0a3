"""The public modules, their `__all__` and the list in docs/public-modules.md agree."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from importlib import import_module, metadata
from pathlib import Path

import pytest

import lgstream
from lgstream import types
from lgstream.types import Command, Send, TimeoutPolicy

ROOT = Path(__file__).parents[1]

INTERNAL = ("adapters", "effects", "engine", "inspection", "langchain", "stream", "views")
"""Packages whose modules are internal, with or without `__all__`."""

REEXPORTING = ("cache", "checkpoint", "store")
"""Packages whose modules export the objects of modules of langgraph, which may not be installed."""

PUBLIC_EXCEPTIONS = {"lgstream.views.rows"}
"""Public modules of internal packages."""

MODULES = ["lgstream", *(module.name for module in pkgutil.walk_packages(lgstream.__path__, "lgstream."))]

LISTED, LISTED_REEXPORTING = (
    re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE)
    for section in (ROOT / "docs/public-modules.md").read_text("utf-8").split("\n## Savers, stores and caches\n")
)


def has_public_path(name: str) -> bool:
    parts = name.split(".")[1:]
    is_internal = any(part.startswith("_") for part in parts) or (parts[:1] and parts[0] in (*INTERNAL, *REEXPORTING))
    return not is_internal or name in PUBLIC_EXCEPTIONS


def test_the_list_is_sorted_and_has_no_duplicates():
    assert sorted(set(LISTED)) == LISTED
    assert sorted(set(LISTED_REEXPORTING)) == LISTED_REEXPORTING


def test_the_list_holds_exactly_the_public_modules_with_all():
    with_all = {name for name in MODULES if has_public_path(name) and hasattr(import_module(name), "__all__")}
    assert with_all == set(LISTED)


def test_the_list_holds_exactly_the_modules_of_savers_stores_and_caches():
    paths = [path for package in REEXPORTING for path in (ROOT / "lgstream" / package).rglob("*.py")]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths}
    assert names - {f"lgstream.{package}" for package in REEXPORTING} == set(LISTED_REEXPORTING)


@pytest.mark.parametrize("name", LISTED)
def test_every_name_in_all_of_a_public_module_exists(name: str):
    module = import_module(name)
    names = module.__all__
    assert names
    assert [public for public in names if not hasattr(module, public)] == []
    assert len(set(names)) == len(names)


def test_the_package_exports_what_a_notebook_needs():
    from lgstream import (  # noqa: F401
        END,
        START,
        Command,
        Event,
        GraphView,
        MessagesState,
        NamespaceTree,
        Run,
        Send,
        Sink,
        StateGraph,
        StateView,
        Timeline,
        TokenStream,
        add_messages,
        attach,
        awatch,
        draw,
        events,
        interrupt,
        load,
        load_all,
        local,
        sinks,
        watch,
    )


def test_the_package_lists_its_exports():
    assert set(lgstream.__all__) <= set(dir(lgstream))


def test_the_classes_of_types_name_it_as_their_module():
    classes = [value for name in types.__all__ if isinstance(value := getattr(types, name), type)]
    assert {Command, Send, TimeoutPolicy} <= set(classes)
    assert {cls.__module__ for cls in classes} == {"lgstream.types"}  # pickles and checkpoints contain it


def test_the_version_is_written_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in project["project"]
    assert metadata.version("lgstream") == lgstream.__version__
