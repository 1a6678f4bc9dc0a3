"""``LangGraphChannel``: a channel of the langgraph package, also of a user's class, as the channel of a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from lgstream._langgraph import ERRORS, is_langgraph, loaded_object
from lgstream.channels.base import MISSING, BaseChannel
from lgstream.channels.untracked_value import UntrackedValue
from lgstream.errors import EmptyChannelError, InvalidUpdateError


class LangGraphChannel(BaseChannel[Any, Any, Any]):
    """Passes reads and writes on to a channel of langgraph.

    Args:
        channel: the channel of langgraph.
        key: the name of the state key.
    """

    __slots__ = ("channel",)

    def __init__(self, channel: Any, key: str = "") -> None:
        super().__init__(channel.ValueType, key)
        channel.key = key  # its error messages name it
        self.channel = channel

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LangGraphChannel) and bool(self.channel == other.channel)

    __hash__ = None  # type: ignore[assignment]

    def from_checkpoint(self, checkpoint: Any) -> Self:
        saved = _langgraph_missing() if checkpoint is MISSING else checkpoint
        return self.__class__(self.channel.from_checkpoint(saved), self.key)

    def checkpoint(self) -> Any:
        value = self.channel.checkpoint()
        return MISSING if value is _langgraph_missing() else value

    def get(self) -> Any:
        if not self.channel.is_available():
            raise EmptyChannelError(self.key)
        return self.channel.get()

    def is_available(self) -> bool:
        return bool(self.channel.is_available())

    def update(self, values: Sequence[Any]) -> bool:
        try:
            return bool(self.channel.update(values))
        except loaded_object("InvalidUpdateError", ERRORS) as error:
            if isinstance(error, InvalidUpdateError):
                raise
            raise InvalidUpdateError(*error.args) from error

    def consume(self) -> bool:
        return bool(self.channel.consume())

    def finish(self) -> bool:
        return bool(self.channel.finish())


def _langgraph_missing() -> Any:
    return loaded_object("MISSING", "langgraph._internal._typing")


def is_langgraph_channel(annotation: Any) -> bool:
    """Return True for a channel of langgraph, or for a class of such channels."""
    base = loaded_object("BaseChannel", "langgraph.channels.base")
    if base is None:
        return False
    return issubclass(annotation if isinstance(annotation, type) else type(annotation), base)


def channel_of_langgraph(annotation: Any, typ: Any, key: str) -> BaseChannel[Any, Any, Any]:
    """Return the channel of a key that is annotated with a channel of langgraph, or with a class of such channels.

    Args:
        annotation: the channel or the class.
        typ: the annotated type of the key.
        key: the name of the key.

    Raises:
        TypeError: if it is a DeltaChannel.
    """
    channel = annotation(typ) if isinstance(annotation, type) else annotation
    if is_langgraph(channel, "DeltaChannel", "langgraph.channels.delta"):
        raise TypeError(
            f"Key '{key}' is annotated with a DeltaChannel, which graphs of lgstream do not have: use LastValue, or a "
            "reducer, as in Annotated[list, operator.add]."
        )
    if is_langgraph(channel, "UntrackedValue", "langgraph.channels.untracked_value"):
        untracked: BaseChannel[Any, Any, Any] = UntrackedValue(channel.typ, channel.guard)  # no write of it is saved
        untracked.key = key
        return untracked
    return LangGraphChannel(channel.from_checkpoint(_langgraph_missing()), key)
