"""Warning categories, for use in warning filters."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = [
    "LangGraphDeprecatedSinceV05",
    "LangGraphDeprecatedSinceV10",
    "LangGraphDeprecatedSinceV11",
    "LangGraphDeprecationWarning",
    "LgstreamDeprecationWarning",
    "SchemaWarning",
]


class LgstreamDeprecationWarning(DeprecationWarning):
    """A keyword argument or an import has a new name; the old one still works."""


LangGraphDeprecationWarning = LgstreamDeprecationWarning
"""LangGraph's name of the category, for the warning filters of programs that replace its imports."""

LangGraphDeprecatedSinceV05 = LangGraphDeprecatedSinceV10 = LangGraphDeprecatedSinceV11 = LgstreamDeprecationWarning
"""LangGraph's categories by version; here they are one."""


class SchemaWarning(UserWarning):
    """``state_schema`` is not a type."""


def rename_keywords(keywords: dict[str, Any], new_names: dict[str, str], function: str) -> dict[str, Any]:
    """Return ``keywords`` under their new names, and warn about each of them.

    Args:
        keywords: the keyword arguments that a function does not have under this name.
        new_names: new name by old name.
        function: the name of the function, for messages.

    Raises:
        TypeError: if a keyword is not an old name either.
    """
    renamed = {}
    for old_name, value in keywords.items():
        if old_name not in new_names:
            raise TypeError(f"{function}() got an unexpected keyword argument '{old_name}'")
        warnings.warn(
            f"`{old_name}` is the old name of `{new_names[old_name]}` in {function}(): use the new one.",
            LgstreamDeprecationWarning,
            stacklevel=3,
        )
        renamed[new_names[old_name]] = value
    return renamed
