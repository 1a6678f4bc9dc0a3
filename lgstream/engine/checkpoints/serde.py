"""What of lgstream's own a checkpoint holds: Sends, questions, Overwrites.

Where langgraph can be imported they are saved under the names of its classes, so that it can go on with the thread, and
serializers know them. Where it cannot, those names would lead nowhere, so they are told in plain data. Both are read,
everywhere; also what is left of langgraph's objects where langgraph is not installed.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from typing import Any

from lgstream._reserved import INTERRUPT, TASKS
from lgstream.types import Interrupt, Overwrite, Send, TimeoutPolicy

MARK = "__lgstream__"
PEER = "langgraph.types"
_OWN: dict[str, type] = {"Send": Send, "Interrupt": Interrupt, "Overwrite": Overwrite, "TimeoutPolicy": TimeoutPolicy}
_PACKED = frozenset((Send, Interrupt, Overwrite))


@cache
def knows_peer() -> bool:
    """Whether langgraph's names lead to its classes in this process."""
    try:
        return find_spec(PEER) is not None
    except ImportError:
        return False


@cache
def peer(kind: type) -> Any:
    """A class that serializers write down under langgraph's name; to pickle its instances are those of ``kind``."""

    def reduced(self: Any) -> Any:
        return unpacked, (plain(self),)

    return type(kind.__name__, (kind,), {"__module__": PEER, "__slots__": (), "__reduce__": reduced})


def packed(value: Any) -> Any:
    """``value`` as it is saved, where it is a Send, an Interrupt or an Overwrite, or a list with such."""
    if type(value) is list:
        return [packed(item) for item in value] if any(type(item) in _PACKED for item in value) else value
    if type(value) not in _PACKED:
        return value
    return named(value) if knows_peer() else plain(value)


def named(value: Any) -> Any:
    """The object under langgraph's name."""
    if isinstance(value, Send):
        return _at_peer(Send, node=value.node, arg=value.arg, timeout=_timeout_at_peer(value.timeout))
    if isinstance(value, Interrupt):
        return _at_peer(Interrupt, value=value.value, id=value.id, response_schema=value.response_schema)
    return _at_peer(Overwrite, value=value.value, type=value.type)


def _at_peer(kind: type, **fields: Any) -> Any:
    made = object.__new__(peer(kind))
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def _timeout_at_peer(timeout: TimeoutPolicy | None) -> Any:
    return None if timeout is None else peer(TimeoutPolicy)(**asdict(timeout))


def plain(value: Any) -> dict[str, Any]:
    """The object as plain data."""
    if isinstance(value, Send):
        timeout = None if value.timeout is None else asdict(value.timeout)
        return {MARK: "Send", "node": value.node, "arg": value.arg, "timeout": timeout}
    if isinstance(value, Interrupt):
        return {MARK: "Interrupt", "value": value.value, "id": value.id, "response_schema": value.response_schema}
    return {MARK: "Overwrite", "value": value.value}


def unpacked(value: Any, channel: str = "") -> Any:
    """What :func:`packed` was given, or what langgraph saved; ``channel`` is where the value was written to."""
    if channel == INTERRUPT and type(value) in (list, tuple):
        return [_asked(item) for item in value]
    if channel == TASKS:
        return _sent(value)
    if type(value) is list:
        return [_one(item) for item in value] if any(_is_ours(item) for item in value) else value
    return _one(value)


def _is_ours(value: Any) -> bool:
    return (type(value) is dict and MARK in value) or type(value).__module__ == PEER


def _one(value: Any) -> Any:
    if type(value) is dict:
        return _from_plain(value) if MARK in value else value
    kind = type(value)
    if kind.__module__ != PEER or kind.__name__ not in _OWN:
        return value
    if kind.__name__ == "Send":
        return _send(value.node, value.arg, getattr(value, "timeout", None))
    if kind.__name__ == "Interrupt":
        return Interrupt(value.value, value.id, response_schema=getattr(value, "response_schema", None))
    return Overwrite(value.value) if kind.__name__ == "Overwrite" else value


def _from_plain(fields: dict[str, Any]) -> Any:
    if fields[MARK] == "Send":
        return _send(fields["node"], fields["arg"], fields["timeout"])
    if fields[MARK] == "Interrupt":
        return Interrupt(fields["value"], fields["id"], response_schema=fields["response_schema"])
    return Overwrite(fields["value"])


def _send(node: str, arg: Any, timeout: Any = None) -> Send:
    """A Send; its timeout may be a policy of either package, or what is left of one: its fields."""
    if timeout is not None:
        given = timeout if isinstance(timeout, dict) else {
            name: getattr(timeout, name) for name in ("run_timeout", "idle_timeout", "refresh_on")
        }  # fmt: skip
        timeout = TimeoutPolicy(**given)
    return Send(node, arg, timeout=timeout)


def _sent(value: Any) -> Any:
    """A Send, or a list of them. Where langgraph is missing one is read as the list of its arguments."""
    if type(value) not in (list, tuple):
        return _one(value)
    if len(value) in (2, 3) and isinstance(value[0], str):
        return _send(*value)
    return [_sent(item) for item in value]


def _asked(value: Any) -> Any:
    """A question. Where langgraph is missing it is read as a dict of its fields."""
    if type(value) is dict and MARK not in value:
        return Interrupt(**value)
    return _one(value)
