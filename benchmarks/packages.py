"""The two packages, each as one flat namespace of the names that cases are written with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from benchmarks.case import Prepare, Work

Package = SimpleNamespace

_NAMES = {
    "graph": ("END", "START", "StateGraph"),
    "prebuilt": ("create_react_agent",),
    "types": ("Send",),
}


@cache
def package(name: str) -> Package:
    """``package("lgstream").StateGraph``; ``name`` is ``"langgraph"`` or ``"lgstream"``."""
    found: dict[str, Any] = {"name": name}
    for module, names in _NAMES.items():
        home = import_module(f"{name}.{module}")
        found.update({each: getattr(home, each) for each in names})
    return SimpleNamespace(**found)


def both(prepare: Callable[..., Work], **options: Any) -> Mapping[str, Prepare]:
    """The two sides of a case: ``prepare(package, size, **options)`` with each of the packages."""
    return {name: side(prepare, name, **options) for name in ("langgraph", "lgstream")}


def side(prepare: Callable[..., Work], name: str, **options: Any) -> Prepare:
    """One side of a case: ``prepare`` with the package of this name, which is not imported before it is needed."""

    def prepared(size: int) -> Work:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of create_react_agent, which langgraph moves elsewhere
            return prepare(package(name), size, **options)

    return prepared
