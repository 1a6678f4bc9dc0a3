"""What is read from a record in the place of objects whose classes are not created again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any


@dataclasses.dataclass(frozen=True)
class RecordedObject:
    """A decoded object whose class is not recreated: the name of its class, and its fields or its repr.

    The fields can also be read as attributes.

    Attributes:
        type: full name of the recorded class.
        text: the recorded repr; ``""`` if the fields were recorded.
        fields: the recorded fields.
    """

    type: str
    text: str = ""
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return self.text or f"{self.type.rpartition('.')[2]}({arguments})"

    def __hash__(self) -> int:  # fields are a dict, which has no hash, and a record may be a key
        return hash((self.type, self.text))

    def __getattr__(self, name: str) -> Any:
        if name != "fields" and name in self.fields:
            return self.fields[name]
        raise AttributeError(f"The recorded {self.type} has no field {name!r}.")


class RecordedError(Exception):
    """A decoded exception.

    Its class has the name of the recorded class (``ValueError``). Its ``args``, ``__notes__`` and ``str()`` are those
    of the recorded exception.

    Attributes:
        type: full name of the recorded class.
        message: the recorded ``str()`` of the exception.
        traceback: the recorded traceback, as text.
    """

    type: str
    message: str
    traceback: str

    @classmethod
    def recorded(cls, full_name: str, message: str, args: Iterable[Any], traceback: str = "") -> RecordedError:
        """Return an exception whose class has the name of the recorded class."""
        module, _, name = full_name.rpartition(".")
        kind = type(name, (cls,), {"__module__": module})
        error: RecordedError = kind(*args)
        error.type, error.message, error.traceback = full_name, message, traceback
        return error

    def __str__(self) -> str:
        return self.message
