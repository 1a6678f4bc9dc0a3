"""langchain's messages: which values are messages, where they are, and what they store. langchain is not imported."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any

from lgstream.inspection.classes import any_derives, bases_of, class_attribute, derives, instances_of, is_scalar
from lgstream.inspection.containers import container_base, dict_values, sequence_base
from lgstream.inspection.fields import declared_fields, instance_fields, read_fields
from lgstream.inspection.text import plain_text

MAX_ITEMS_SEARCHED = 250
"""Items at each end of a sequence that are looked at to find out whether it contains messages."""

MAX_FIELDS_SEARCHED = 10_000
"""Fields of a state that are searched for messages."""

_MODULE = "langchain_core.messages."


def base_message() -> type | None:
    """Return langchain's ``BaseMessage``; None if it is not loaded, so that nothing can be a message."""
    return getattr(sys.modules.get("langchain_core.messages.base"), "BaseMessage", None)


def is_message(value: Any) -> bool:
    """Return True if ``value`` is a message."""
    base = base_message()
    return base is not None and derives(type(value), base)


def message_class(kind: type) -> type | None:
    """Return the class of langchain that ``kind`` is or derives from; None if it is not a class of messages."""
    base = base_message()
    if base is None or not derives(kind, base):
        return None
    modules = ((cls, plain_text(class_attribute(cls, "__module__"))) for cls in bases_of(kind))
    return next((cls for cls, module in modules if module is not None and module.startswith(_MODULE)), None)


def find_messages(value: Any, base: type) -> list[Any]:
    """Return ``value`` if it is a message, else the messages among its items, its fields and the items of its fields.

    That is reference rule 27, except that only the built-in sequences are read, as reading others may load or compute
    their items, and long ones only if there is a message near one of their ends.

    Args:
        value: a message, a list, a tuple, a dict, or an instance of a dataclass or pydantic model.
        base: langchain's ``BaseMessage``.
    """
    kind = type(value)
    is_field = kind is not dict and (sequence_base(kind) is not None or derives(kind, base))
    messages: list[Any] = []
    for field in (value,) if is_field else islice(_fields_of_state(value), MAX_FIELDS_SEARCHED):
        kind = type(field)
        if is_scalar(kind):
            continue
        if (sequence := sequence_base(kind)) is not None:
            if sequence.__len__(field) <= 2 * MAX_ITEMS_SEARCHED or _has_message_near_an_end(field, sequence, base):
                messages += instances_of(base, [*sequence.__iter__(field)])
        elif derives(kind, base):
            messages.append(field)
    return messages


def _has_message_near_an_end(value: Any, sequence: Any, base: type) -> bool:
    """Return True if one of the first or last items of a list, tuple or deque is a message."""
    ends = [*islice(sequence.__iter__(value), MAX_ITEMS_SEARCHED)]
    if sequence is deque:
        ends += islice(deque.__reversed__(value), MAX_ITEMS_SEARCHED)
    else:
        ends += sequence.__getitem__(value, slice(-MAX_ITEMS_SEARCHED, None))
    return any_derives(ends, base)


def _fields_of_state(state: Any) -> Iterable[Any]:
    """Return the values of a state: a dict, or an instance of a dataclass or pydantic model."""
    kind = type(state)
    if container_base(kind) is dict:
        return dict_values(state)
    declared = declared_fields(kind)
    return read_fields(state, [field.name for field in declared]).values() if declared is not None else ()


def message_id(message: Any) -> str | None:
    """Return the id of a message; None if it has none."""
    known = instance_fields(message).get("id")
    return known if type(known) is str else plain_text(known)


def message_type(message: Any) -> str:
    """Return the type of a message: ``"ai"``, ``"human"``, ``"tool"`` and so on."""
    return plain_text(instance_fields(message).get("type")) or "message"


def message_text(message: Any) -> str:
    """Return the text of a message or chunk: its content, or the texts among the blocks of its content."""
    content = instance_fields(message).get("content")
    if type(content) is str:
        return content
    blocks = content if type(content) is list else [content]
    texts = (plain_text(_text_of_block(block) if type(block) is dict else block) for block in blocks)
    return "".join(text for text in texts if text is not None)


def _text_of_block(block: dict[str, Any]) -> Any:
    return block.get("text") if plain_text(block.get("type")) == "text" else None


def dicts_in(message: Any, field: str) -> list[dict[str, Any]]:
    """Return the dicts in a field of a message that is a list, such as its tool calls."""
    items = instance_fields(message).get(field)
    return [item for item in items if type(item) is dict] if type(items) is list else []
