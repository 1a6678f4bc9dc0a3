"""How far a task has come, by the writes that are kept of its superstep. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lgstream._reserved import CONTROL_CHANNELS, ERROR, INTERRUPT, NULL_TASK_ID, RETURN
from lgstream.engine.program import Write
from lgstream.engine.writes import result
from lgstream.types import Interrupt


@dataclass(slots=True)
class Status:
    """One task's writes, sorted. It has ended if it produced anything, were it but the note that it wrote nothing."""

    output: list[Write] = field(default_factory=list)
    interrupts: tuple[Interrupt, ...] = ()
    error: Any = None

    @property
    def open_interrupts(self) -> tuple[Interrupt, ...]:
        """The questions that wait for an answer."""
        return () if self.output else self.interrupts

    def result(self, keys: str | Sequence[str]) -> Any:
        """What the task produced, as snapshots show it: None while it has not ended."""
        for channel, value in self.output:
            if channel == RETURN:
                return value
        if not self.output:
            return None
        shown = result(self.output, keys)
        return shown.get(keys) if isinstance(keys, str) else shown


def statuses(pending: Iterable[tuple[str, str, Any]]) -> dict[str, Status]:
    """The status of every task that something is kept of, by its id."""
    found: dict[str, Status] = {}
    for id, channel, value in pending:
        if id == NULL_TASK_ID:
            continue
        status = found.setdefault(id, Status())
        if channel == INTERRUPT:
            status.interrupts += tuple(value)
        elif channel == ERROR:
            status.error = value if status.error is None else status.error
        elif channel not in CONTROL_CHANNELS:
            status.output.append((channel, value))
    return found
