"""What of lgstream's own a checkpoint holds, as plain data: serializers warn of classes that they do not know."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..types import Interrupt, Overwrite, Send, TimeoutPolicy

MARK = "__lgstream__"
_PACKED = frozenset((Send, Interrupt, Overwrite))


def packed(value: Any) -> Any:
    """``value`` as it is saved: a Send, an Interrupt or an Overwrite, or a list of them, is told in plain data."""
    kind = type(value)
    if kind is list:
        return [packed(item) for item in value] if any(type(item) in _PACKED for item in value) else value
    if kind is Send:
        timeout = None if value.timeout is None else asdict(value.timeout)
        return {MARK: "Send", "node": value.node, "arg": value.arg, "timeout": timeout}
    if kind is Interrupt:
        return {MARK: "Interrupt", "value": value.value, "id": value.id, "response_schema": value.response_schema}
    if kind is Overwrite:
        return {MARK: "Overwrite", "value": value.value}
    return value


def unpacked(value: Any) -> Any:
    """What :func:`packed` was given."""
    if type(value) is list:
        return [unpacked(item) for item in value] if any(_is_packed(item) for item in value) else value
    if not _is_packed(value):
        return value
    kind = value[MARK]
    if kind == "Send":
        timeout = None if value["timeout"] is None else TimeoutPolicy(**value["timeout"])
        return Send(value["node"], value["arg"], timeout=timeout)
    if kind == "Interrupt":
        return Interrupt(value["value"], value["id"], response_schema=value["response_schema"])
    return Overwrite(value["value"])


def _is_packed(value: Any) -> bool:
    return type(value) is dict and MARK in value
