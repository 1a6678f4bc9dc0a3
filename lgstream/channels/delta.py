"""Delta channels are left out by decision: an import says what to use instead."""

from typing import TYPE_CHECKING, Any

from lgstream._unsupported import missing_attribute

if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        raise missing_attribute(__name__, name)
