"""Converts events into the chunks that ``stream()`` yields, in LangGraph's shapes for every stream mode.

``modes`` has the events and payloads of each stream mode, ``projection`` is the sink that makes the chunks, and
``seen_messages`` makes sure that a stream yields each message once.
"""

from typing import TYPE_CHECKING, Any

from lgstream._unsupported import missing_attribute

if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        raise missing_attribute(__name__, name)
