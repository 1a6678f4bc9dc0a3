"""Channels: how the writes of a superstep become the next value of a state key."""

from typing import TYPE_CHECKING, Any

from lgstream._unsupported import missing_attribute
from lgstream.channels.any_value import AnyValue
from lgstream.channels.base import BaseChannel
from lgstream.channels.binop import BinaryOperatorAggregate
from lgstream.channels.ephemeral_value import EphemeralValue
from lgstream.channels.last_value import LastValue, LastValueAfterFinish
from lgstream.channels.named_barrier_value import NamedBarrierValue, NamedBarrierValueAfterFinish
from lgstream.channels.topic import Topic
from lgstream.channels.untracked_value import UntrackedValue

__all__ = [
    "AnyValue",
    "BaseChannel",
    "BinaryOperatorAggregate",
    "EphemeralValue",
    "LastValue",
    "LastValueAfterFinish",
    "NamedBarrierValue",
    "NamedBarrierValueAfterFinish",
    "Topic",
    "UntrackedValue",
]

if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        raise missing_attribute(__name__, name)
