"""The contract of a channel: one key of the state, and how the writes of a superstep become its next value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final, Generic, Self, TypeVar

from lgstream.errors import EmptyChannelError, InvalidUpdateError

__all__ = ["BaseChannel"]

Value = TypeVar("Value")
WriteT = TypeVar("WriteT")
Saved = TypeVar("Saved")

MISSING: Final[Any] = object()
"""Stands where a channel has no value; None is a value."""


class BaseChannel(Generic[Value, WriteT, Saved], ABC):
    """One key of the state.

    ``key`` is the name under which a graph knows it. Reading (:meth:`get`), saving (:meth:`checkpoint`) and writing
    (:meth:`update`) are all a channel does; it never sees tasks or nodes. Equal channels declared twice for one key are
    no conflict, so compare by configuration (``__eq__``).
    """

    __slots__ = ("key", "typ")

    #: Whether a superstep that does not write to the channel still has to tell it (``update([])``): true for what
    #: lasts one superstep only. Kinds that ignore it say False, and a superstep costs them nothing.
    volatile: bool = True

    def __init__(self, typ: Any, key: str = "") -> None:
        self.typ = typ
        self.key = key

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A channel that reads or updates in a way of its own also peeks that way, if it does not say how."""
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "get" in own and "peek" not in own:
            cls.peek = BaseChannel.peek  # type: ignore[method-assign]
        if "update" in own and "value_after" not in own:
            cls.value_after = BaseChannel.value_after  # type: ignore[method-assign]

    @property
    def ValueType(self) -> Any:
        """The type that :meth:`get` returns."""
        return self.typ

    @property
    def UpdateType(self) -> Any:
        """The type of one write."""
        return self.typ

    def copy(self) -> Self:
        """An independent channel of the same value."""
        return self.from_checkpoint(self.checkpoint())

    def peek(self) -> Value | Any:
        """The value, or ``MISSING`` when there is none."""
        try:
            return self.get()
        except EmptyChannelError:
            return MISSING

    def value_after(self, values: Sequence[WriteT]) -> Value | Any:
        """What :meth:`peek` would return after these writes; the channel does not change."""
        copy = self.copy()
        copy.update(values)
        return copy.peek()

    def checkpoint(self) -> Saved | Any:
        """What :meth:`from_checkpoint` needs to make the channel again; ``MISSING`` when it is empty."""
        return self.peek()

    @abstractmethod
    def from_checkpoint(self, checkpoint: Saved | Any) -> Self:
        """A new channel of this configuration with a saved value, or empty when it is ``MISSING``."""

    @abstractmethod
    def get(self) -> Value:
        """The value. Raises EmptyChannelError when there is none."""

    def is_available(self) -> bool:
        """Whether :meth:`get` would return a value."""
        return self.peek() is not MISSING

    @abstractmethod
    def update(self, values: Sequence[WriteT]) -> bool:
        """Take the writes of one superstep, in the order of their tasks; none at all is an empty sequence.

        Returns whether the channel changed. Raises InvalidUpdateError for writes it cannot take.
        """

    def consume(self) -> bool:
        """A task was triggered by the channel and has run. Returns whether the channel changed."""
        return False

    def finish(self) -> bool:
        """No task is left: the run is about to end. Returns whether the channel changed."""
        return False


class OneValue(BaseChannel[Value, Value, Value], Generic[Value]):
    """What the channels have in common that hold one value as it was written. Not a channel by itself."""

    __slots__ = ("value",)

    def __init__(self, typ: Any, key: str = "") -> None:
        super().__init__(typ, key)
        self.value: Any = MISSING

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = None  # type: ignore[assignment]

    def _empty(self) -> Self:
        return self.__class__(self.typ, self.key)

    def from_checkpoint(self, checkpoint: Any) -> Self:
        fresh = self._empty()
        fresh.value = checkpoint
        return fresh

    def peek(self) -> Any:
        return self.value

    def checkpoint(self) -> Any:
        return self.value

    def get(self) -> Value:
        if self.value is MISSING:
            raise EmptyChannelError(self.key)
        return self.value  # type: ignore[no-any-return]

    def is_available(self) -> bool:
        return self.value is not MISSING


class GuardedValue(OneValue[Value], Generic[Value]):
    """One value that, with ``guard``, takes one write a superstep. Not a channel by itself."""

    __slots__ = ("guard",)

    def __init__(self, typ: Any, guard: bool = True) -> None:
        super().__init__(typ)
        self.guard = guard

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.guard == self.guard

    __hash__ = None

    def _empty(self) -> Self:
        fresh = self.__class__(self.typ, self.guard)
        fresh.key = self.key
        return fresh

    def _take(self, values: Sequence[Value]) -> bool:
        if self.guard and len(values) != 1:
            raise InvalidUpdateError(
                f"At key '{self.key}': {len(values)} writes in one superstep, but this key takes one. Let one node "
                f"write it, or declare it with {type(self).__name__}(..., guard=False)."
            )
        self.value = values[-1]
        return True
