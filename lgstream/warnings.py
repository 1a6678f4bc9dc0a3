"""Warnings, as classes that a filter can name."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["LgstreamDeprecationWarning", "SchemaWarning"]


class LgstreamDeprecationWarning(DeprecationWarning):
    """A keyword has a new name; the old one still works."""


class SchemaWarning(UserWarning):
    """A state schema is none."""


def renamed(given: dict[str, Any], names: dict[str, str], where: str) -> dict[str, Any]:
    """Keywords under their new names, with a warning for each old one. Raises TypeError for one that is neither."""
    current = {}
    for old, value in given.items():
        if old not in names:
            raise TypeError(f"{where}() got an unexpected keyword argument '{old}'")
        warnings.warn(
            f"`{old}` is the old name of `{names[old]}` in {where}(): use the new one.",
            LgstreamDeprecationWarning,
            stacklevel=3,
        )
        current[names[old]] = value
    return current
