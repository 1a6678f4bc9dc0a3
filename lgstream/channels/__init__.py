"""Channels: the keys of the state, one family a file."""

from .any_value import AnyValue
from .base import BaseChannel
from .binop import BinaryOperatorAggregate
from .ephemeral_value import EphemeralValue
from .last_value import LastValue, LastValueAfterFinish
from .named_barrier_value import NamedBarrierValue, NamedBarrierValueAfterFinish
from .topic import Topic
from .untracked_value import UntrackedValue

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
