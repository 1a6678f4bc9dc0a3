"""The two packages, each as a namespace of the names that the cases use."""

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
    "graph": ("END", "START", "MessagesState", "StateGraph"),
    "prebuilt": ("create_react_agent",),
    "types": ("Send",),
}


@cache
def package(name: str) -> Package:
    """Return the namespace of ``"langgraph"`` or ``"lgstream"``: ``package("lgstream").StateGraph``."""
    namespace: dict[str, Any] = {"name": name}
    for module, names in _NAMES.items():
        imported = import_module(f"{name}.{module}")
        namespace |= {attribute: getattr(imported, attribute) for attribute in names}
    return SimpleNamespace(**namespace)


def both(prepare: Callable[..., Work], **options: Any) -> Mapping[str, Prepare]:
    """Return the two sides of a case: ``prepare(package, size, **options)`` for each package."""
    return {name: side(prepare, name, **options) for name in ("langgraph", "lgstream")}


def side(prepare: Callable[..., Work], name: str, **options: Any) -> Prepare:
    """Return one side of a case: ``prepare`` for the package of this name, which is imported when it is needed."""

    def prepare_side(size: int) -> Work:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # langgraph deprecates create_react_agent
            return prepare(package(name), size, **options)

    return prepare_side
