"""The saved forms of lgstream's own values: Send, Interrupt and Overwrite.

If langgraph is installed, they are saved as instances of its classes, which serializers support and which let langgraph
continue the thread. Otherwise those class names could not be resolved, so plain dicts are saved. :func:`from_saved`
reads both forms, with or without langgraph, and the lists and dicts that serializers return for langgraph's objects if
langgraph is not installed.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from typing import Any

from lgstream._conversions import own_value
from lgstream._reserved import INTERRUPT, TASKS
from lgstream.types import Interrupt, Overwrite, Send, TimeoutPolicy

TYPE_KEY = "__lgstream__"
"""The key of a plain dict that names the class it stands for."""

LANGGRAPH_TYPES = "langgraph.types"
_CLASSES: dict[str, type] = {cls.__name__: cls for cls in (Send, Interrupt, Overwrite, TimeoutPolicy)}
_CONVERTED_CLASSES = frozenset((Send, Interrupt, Overwrite))


@cache
def is_langgraph_installed() -> bool:
    """Return True if langgraph's class names can be resolved in this process."""
    try:
        return find_spec(LANGGRAPH_TYPES) is not None
    except ImportError:
        return False


@cache
def langgraph_class(cls: type) -> Any:
    """Return a subclass that serializers record under langgraph's name; pickle restores its instances as ``cls``."""

    def __reduce__(self: Any) -> Any:  # noqa: N807 - becomes the method of this name
        return from_saved, (as_plain_dict(self),)

    namespace = {"__module__": LANGGRAPH_TYPES, "__slots__": (), "__reduce__": __reduce__}
    return type(cls.__name__, (cls,), namespace)


def to_saved(value: Any) -> Any:
    """Return the form in which a value is saved; only a Send, Interrupt or Overwrite, or a list with one, changes."""
    if type(value) is list:
        return value if _CONVERTED_CLASSES.isdisjoint(map(type, value)) else [to_saved(item) for item in value]
    if type(value) not in _CONVERTED_CLASSES:
        return value
    return as_langgraph(value) if is_langgraph_installed() else as_plain_dict(value)


def as_langgraph(value: Any) -> Any:
    """Return a Send, Interrupt or Overwrite as an instance under langgraph's class name."""
    if isinstance(value, Send):
        timeout = None if value.timeout is None else langgraph_class(TimeoutPolicy)(**asdict(value.timeout))
        return _langgraph_instance(Send, node=value.node, arg=value.arg, timeout=timeout)
    if isinstance(value, Interrupt):
        return _langgraph_instance(Interrupt, value=value.value, id=value.id, response_schema=value.response_schema)
    return _langgraph_instance(Overwrite, value=value.value, type=value.type)


def _langgraph_instance(cls: type, **fields: Any) -> Any:
    instance = object.__new__(langgraph_class(cls))
    for name, value in fields.items():
        object.__setattr__(instance, name, value)
    return instance


def as_plain_dict(value: Any) -> dict[str, Any]:
    """Return a Send, Interrupt or Overwrite as a dict that names its class under :data:`TYPE_KEY`."""
    if isinstance(value, Send):
        timeout = None if value.timeout is None else asdict(value.timeout)
        return {TYPE_KEY: "Send", "node": value.node, "arg": value.arg, "timeout": timeout}
    if isinstance(value, Interrupt):
        fields = {"value": value.value, "id": value.id, "response_schema": value.response_schema}
        return {TYPE_KEY: "Interrupt", **fields}
    return {TYPE_KEY: "Overwrite", "value": value.value}


def from_saved(value: Any, channel: str = "") -> Any:
    """Return the value that :func:`to_saved` or langgraph saved, with lgstream's classes.

    Args:
        value: the saved value.
        channel: the channel that it was written to; without langgraph, only the channel identifies the value's class.
    """
    if channel == INTERRUPT and type(value) in (list, tuple):
        return [_interrupt_from_saved(item) for item in value]
    if channel == TASKS:
        return _sends_from_saved(value)
    if type(value) is list:
        return [_item_from_saved(item) for item in value] if any(map(_is_convertible, value)) else value
    return _item_from_saved(value)


def _is_convertible(value: Any) -> bool:
    return (type(value) is dict and TYPE_KEY in value) or type(value).__module__ == LANGGRAPH_TYPES


def _item_from_saved(value: Any) -> Any:
    if type(value) is dict:
        return _from_plain_dict(value) if TYPE_KEY in value else value
    cls = type(value)
    if cls.__module__ != LANGGRAPH_TYPES or cls.__name__ not in _CLASSES:
        return value
    if cls.__name__ == "Send":
        return _send(value.node, value.arg, getattr(value, "timeout", None))
    if cls.__name__ == "Interrupt":
        return Interrupt(value.value, value.id, response_schema=getattr(value, "response_schema", None))
    return Overwrite(value.value) if cls.__name__ == "Overwrite" else value


def _from_plain_dict(fields: dict[str, Any]) -> Any:
    if fields[TYPE_KEY] == "Send":
        return _send(fields["node"], fields["arg"], fields["timeout"])
    if fields[TYPE_KEY] == "Interrupt":
        return Interrupt(fields["value"], fields["id"], response_schema=fields["response_schema"])
    return Overwrite(fields["value"])


def _send(node: str, arg: Any, timeout: Any = None) -> Send:
    """Return a Send. ``timeout`` is None, a policy of either package, or a dict of a policy's fields.

    If langgraph is loaded, serializers take a Command or Send in ``arg`` for one of langgraph, and read it as such.
    """
    if timeout is not None:
        names = ("run_timeout", "idle_timeout", "refresh_on")
        fields = timeout if isinstance(timeout, dict) else {name: getattr(timeout, name) for name in names}
        timeout = TimeoutPolicy(**fields)
    return Send(node, own_value(arg), timeout=timeout)


def _sends_from_saved(value: Any) -> Any:
    """Return a Send or a list of Sends. Without langgraph, a serializer reads a Send as the list of its arguments."""
    if type(value) not in (list, tuple):
        return _item_from_saved(value)
    if len(value) in (2, 3) and isinstance(value[0], str):
        return _send(*value)
    return [_sends_from_saved(item) for item in value]


def _interrupt_from_saved(value: Any) -> Any:
    """Return an Interrupt. Without langgraph, a serializer reads one as a dict of its fields."""
    if type(value) is dict and TYPE_KEY not in value:
        return Interrupt(**value)
    return _item_from_saved(value)
