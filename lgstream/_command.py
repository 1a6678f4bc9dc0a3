"""``Command``, in a module that loads langchain-core. Import it from :mod:`lgstream.types`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

from langchain_core.messages.tool import ToolOutputMixin

from lgstream._langgraph import AcceptedByLangGraph
from lgstream._send import Send, check_goto
from lgstream._state_fields import fields_as_update

N = TypeVar("N", bound=str)

_USUAL_GOTOS = (str, tuple, list, Send)


@dataclass(kw_only=True, frozen=True, init=False)
class Command(AcceptedByLangGraph, ToolOutputMixin, Generic[N]):
    """A state update and the next nodes, returned by a node or a tool; or the input that resumes a stopped run.

    Attributes:
        graph: None for the graph of the node; ``Command.PARENT`` for the nearest parent graph (reference rule 40).
        update: a state update: a dict, (key, value) pairs, or an instance of the state schema.
        resume: the answer to an interrupt, or a dict of interrupt id to answer (reference rule 42).
        goto: the name of a node, a :class:`~lgstream.types.Send`, or a sequence of both.

    Raises:
        TypeError: if ``goto`` is something else.

    Example:
        >>> def triage(state: State) -> Command[Literal["billing", "support"]]:
        ...     return Command(update={"status": "open"}, goto="billing")
        >>> graph.invoke(Command(resume="yes"), config)
    """

    graph: str | None = None
    update: Any | None = None
    resume: dict[str, Any] | Any | None = None
    goto: Send | Sequence[Send | N] | N = ()

    PARENT: ClassVar[Literal["__parent__"]] = "__parent__"

    def __init__(
        self,
        *,
        graph: str | None = None,
        update: Any | None = None,
        resume: dict[str, Any] | Any | None = None,
        goto: Send | Sequence[Send | N] | N = (),
    ) -> None:
        if not isinstance(goto, _USUAL_GOTOS):
            check_goto(goto)
        fields = self.__dict__  # faster than the __init__ that dataclass() makes for a frozen class
        fields["graph"], fields["update"], fields["resume"], fields["goto"] = graph, update, resume, goto

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items() if value)
        return f"Command({fields})"

    def with_changes(self, **changes: Any) -> Command[N]:
        """Return a copy with some attributes replaced."""
        return Command(**{**self.__dict__, **changes})

    def update_items(self) -> Sequence[tuple[str, Any]]:
        """Return the update as (key, value) pairs; an update without keys is the value of the key ``__root__``."""
        update = self.update
        if update is None:
            return []
        if isinstance(update, dict):
            return list(update.items())
        if isinstance(update, list | tuple) and all(
            isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) for item in update
        ):
            return list(update)
        fields = fields_as_update(update)
        return [("__root__", update)] if fields is None else list(fields.items())

    _update_as_tuples = update_items
    """The name by which langgraph's graphs call it."""


Command.__module__ = "lgstream.types"  # where users import it from
