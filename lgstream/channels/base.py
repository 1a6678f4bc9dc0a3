"""Base classes of channels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final, Generic, Self, TypeVar

from lgstream.errors import EmptyChannelError, InvalidUpdateError

__all__ = ["BaseChannel"]

ValueT = TypeVar("ValueT")
UpdateT = TypeVar("UpdateT")
CheckpointT = TypeVar("CheckpointT")

MISSING: Final[Any] = object()
"""The absence of a value in a channel; None is a value."""


class BaseChannel(ABC, Generic[ValueT, UpdateT, CheckpointT]):
    """One key of the state: holds its value and turns the writes of a superstep into the next value.

    A channel knows nothing of tasks and nodes. Two schemas may declare the same key if their channels are equal, so
    ``__eq__`` compares the configuration, not the value.

    Args:
        typ: the type of the value.
        key: the name of the state key.
    """

    __slots__ = ("key", "typ")

    volatile: bool = True
    """True if :meth:`update` must be called with an empty sequence in supersteps that do not write to the channel, as
    for values that last one superstep. Channel classes that ignore such a call set it to False to save it."""

    def __init__(self, typ: Any, key: str = "") -> None:
        self.typ = typ
        self.key = key

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Make ``peek`` and ``value_after`` follow overridden methods.

        A subclass of a channel class with a fast ``peek`` or ``value_after`` may override only ``get`` or ``update``.
        """
        super().__init_subclass__(**kwargs)
        overridden = vars(cls)
        if "get" in overridden and "peek" not in overridden:
            cls.peek = BaseChannel.peek  # type: ignore[method-assign]
        if "update" in overridden and "value_after" not in overridden:
            cls.value_after = BaseChannel.value_after  # type: ignore[method-assign]

    @property
    def ValueType(self) -> Any:
        """The type of the value that :meth:`get` returns."""
        return self.typ

    @property
    def UpdateType(self) -> Any:
        """The type of one write."""
        return self.typ

    def copy(self) -> Self:
        """Return an independent channel with the same value."""
        return self.from_checkpoint(self.checkpoint())

    def peek(self) -> ValueT | Any:
        """Return the value, or ``MISSING`` if there is none."""
        try:
            return self.get()
        except EmptyChannelError:
            return MISSING

    def value_after(self, values: Sequence[UpdateT]) -> ValueT | Any:
        """Return what :meth:`peek` would return after ``update(values)``, without changing the channel."""
        copy = self.copy()
        copy.update(values)
        return copy.peek()

    def checkpoint(self) -> CheckpointT | Any:
        """Return the state of the channel for :meth:`from_checkpoint`; ``MISSING`` if it is empty."""
        return self.peek()

    @abstractmethod
    def from_checkpoint(self, checkpoint: CheckpointT | Any) -> Self:
        """Return a new channel with the same configuration and a saved state; empty if that is ``MISSING``."""

    @abstractmethod
    def get(self) -> ValueT:
        """Return the value.

        Raises:
            EmptyChannelError: if there is none.
        """

    def is_available(self) -> bool:
        """Return True if the channel has a value."""
        return self.peek() is not MISSING

    @abstractmethod
    def update(self, values: Sequence[UpdateT]) -> bool:
        """Apply the writes of one superstep.

        Args:
            values: the writes in the order of their tasks; empty if there were none (see ``volatile``).

        Returns:
            True if the channel changed.

        Raises:
            InvalidUpdateError: if the channel cannot accept these writes.
        """

    def consume(self) -> bool:
        """Called after a task that the channel triggered has run. Return True if the channel changed."""
        return False

    def finish(self) -> bool:
        """Called when no task is left and the run is about to end. Return True if the channel changed."""
        return False


class SingleValueChannel(BaseChannel[ValueT, ValueT, ValueT], Generic[ValueT]):
    """Abstract base of the channels that hold one value as it was written."""

    __slots__ = ("value",)

    def __init__(self, typ: Any, key: str = "") -> None:
        super().__init__(typ, key)
        self.value: Any = MISSING

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = None  # type: ignore[assignment]

    def _new_empty(self) -> Self:
        return self.__class__(self.typ, self.key)

    def from_checkpoint(self, checkpoint: Any) -> Self:
        channel = self._new_empty()
        channel.value = checkpoint
        return channel

    def peek(self) -> Any:
        return self.value

    def checkpoint(self) -> Any:
        return self.value

    def get(self) -> ValueT:
        if self.value is MISSING:
            raise EmptyChannelError(self.key)
        return self.value  # type: ignore[no-any-return]

    def is_available(self) -> bool:
        return self.value is not MISSING


class GuardedValueChannel(SingleValueChannel[ValueT], Generic[ValueT]):
    """Abstract base of the channels that accept, with ``guard``, only one write per superstep."""

    __slots__ = ("guard",)

    def __init__(self, typ: Any, guard: bool = True) -> None:
        super().__init__(typ)
        self.guard = guard

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.guard == self.guard

    __hash__ = None

    def _new_empty(self) -> Self:
        channel = self.__class__(self.typ, self.guard)
        channel.key = self.key
        return channel

    def _set_guarded(self, values: Sequence[ValueT]) -> bool:
        if self.guard and len(values) != 1:
            raise InvalidUpdateError(
                f"At key '{self.key}': {len(values)} writes in one superstep, but this key takes one. Let one node "
                f"write it, or declare it with {type(self).__name__}(..., guard=False)."
            )
        self.value = values[-1]
        return True
