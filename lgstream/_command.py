"""``Command``: a state update and the way on, in one return value. Import it from :mod:`lgstream.types`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from langchain_core.messages.tool import ToolOutputMixin

from lgstream.types import Send

N = TypeVar("N", bound=str)


@dataclass(kw_only=True, frozen=True)
class Command(Generic[N], ToolOutputMixin):
    """What a node returns to update the state and choose the next nodes, or what a caller sends to a stopped run.

    Attributes:
        graph: None for the graph of the node; ``Command.PARENT`` for the nearest parent (reference rule 40).
        update: a state update: dict, pairs, or an instance of the state.
        resume: the answer to an interrupt, or a dict of interrupt id to answer (rule 42).
        goto: a node's name, a :class:`~lgstream.types.Send`, or a sequence of both.
    """

    graph: str | None = None
    update: Any | None = None
    resume: dict[str, Any] | Any | None = None
    goto: Send | Sequence[Send | N] | N = ()

    PARENT: ClassVar[Literal["__parent__"]] = "__parent__"

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items() if value)
        return f"Command({given})"

    def pairs(self) -> Sequence[tuple[str, Any]]:
        """The update as (key, value) pairs. Raises nothing: what is no mapping becomes ``[("__root__", update)]``."""
        update = self.update
        if update is None:
            return []
        if isinstance(update, dict):
            return list(update.items())
        if isinstance(update, list | tuple) and all(
            isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) for item in update
        ):
            return list(update)
        from lgstream.channels.schema import fields_set

        fields = fields_set(update)
        return [("__root__", update)] if fields is None else list(fields.items())


Command.__module__ = "lgstream.types"  # where users import it from
