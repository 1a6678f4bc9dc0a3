"""``Pregel``, the type of compiled graphs."""

from typing import TYPE_CHECKING, Any

from lgstream._unsupported import missing_attribute
from lgstream.pregel.main import Pregel

__all__ = ["Pregel"]

if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        raise missing_attribute(__name__, name)
