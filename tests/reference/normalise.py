"""Values as plain JSON, in the form of the files in ``goldens/``, so that two runs can be compared as data."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, TypeAlias

from langchain_core.messages import BaseMessage

Json: TypeAlias = Any
"""None, bool, int, float, str, list of Json or dict of str to Json. Other values are dicts with a ``"$type"``."""

_PLACEHOLDERS = {
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)": "<timestamp>",
    r"0x[0-9a-f]{6,}": "<addr>",
    r"127\.0\.0\.1:\d+": "127.0.0.1:<port>",
    r"\blgstream\b": "langgraph",  # the package that was recorded
}


def text(raw: str) -> str:
    """Return text without times, addresses and ports. Ids stay: ``compare.canonical`` numbers them."""
    for pattern, placeholder in _PLACEHOLDERS.items():
        raw = re.sub(pattern, placeholder, raw)
    return raw


def plain(value: Any) -> Json:
    """Return a value as JSON."""
    if value is None or type(value) in (bool, int, float):
        return value
    if type(value) is str:
        return text(value)
    if type(value) is list:
        return [plain(item) for item in value]
    if type(value) is tuple:
        return {"$type": "tuple", "items": [plain(item) for item in value]}
    if type(value) is dict:
        return _dict(value)
    return {"$type": type(value).__name__, **_parts(value)}


def _dict(value: dict[Any, Any]) -> Json:
    if all(type(key) is str and not key.startswith("$") for key in value):
        # langchain-core fills lc_versions with the packages it finds installed
        return {text(key): "<versions>" if key == "lc_versions" else plain(item) for key, item in value.items()}
    return {"$type": "dict", "items": [[plain(key), plain(item)] for key, item in value.items()]}


def _parts(value: Any) -> dict[str, Json]:
    """Return the fields that an object declares, else its text."""
    if isinstance(value, BaseMessage):
        return _message(value)
    if isinstance(value, BaseException):
        return {"args": [plain(arg) for arg in value.args]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
    else:  # named tuples and pydantic models
        names = [*(getattr(type(value), "_fields", ()) or getattr(type(value), "model_fields", ()))]
    if names:
        return {name: plain(getattr(value, name)) for name in names}
    return {"$type": "object", "class": type(value).__name__, "str": text(str(value))[:300]}


def _message(message: BaseMessage) -> dict[str, Json]:
    """Return content and id, and all other fields that are not empty."""
    fields = {key: item for key, item in message if item not in (None, {}, [], "", False)}
    if fields.get("status") == "success":
        del fields["status"]
    rest = {key: plain(item) for key, item in fields.items() if key not in ("content", "id", "type")}
    return {"content": plain(message.content), "id": plain(message.id), **rest}


def raised(error: BaseException | None) -> Json:
    """Return the class, base classes, text and notes of an error, and the arguments if it carries values."""
    if error is None:
        return None
    ancestry = [cls for cls in type(error).__mro__ if cls.__module__ != "builtins" and not cls.__name__.startswith("_")]
    builtin = [cls for cls in type(error).__mro__ if cls.__module__ == "builtins"][:1]
    # an exception of lgstream is also one of langgraph, so that a class may be among its bases twice
    names = dict.fromkeys(cls.__name__ for cls in ancestry if cls.__name__ != type(error).__name__)
    row: dict[str, Json] = {
        "type": type(error).__name__,
        "module": text(type(error).__module__),
        "bases": [*names, *(cls.__name__ for cls in builtin)],
        "message": text(str(error)),
    }
    if notes := getattr(error, "__notes__", None):
        row["notes"] = [text(note) for note in notes]
    if row["type"] in ("GraphInterrupt", "ParentCommand"):
        row["args"] = [plain(arg) for arg in error.args]
    return row
