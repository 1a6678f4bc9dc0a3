"""The names of ``lgstream.types`` that LangGraph also keeps here."""

from typing import TYPE_CHECKING, Any

from lgstream._unsupported import missing_attribute
from lgstream.types import (
    All,
    CachePolicy,
    PregelTask,
    RetryPolicy,
    StateSnapshot,
    StateUpdate,
    StreamMode,
    StreamWriter,
    default_retry_on,
)

__all__ = [
    "All",
    "CachePolicy",
    "PregelTask",
    "RetryPolicy",
    "StateSnapshot",
    "StateUpdate",
    "StreamMode",
    "StreamWriter",
    "default_retry_on",
]

if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        raise missing_attribute(__name__, name)
