"""The outcomes of tasks, read from their saved writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lgstream._reserved import CONTROL_CHANNELS, ERROR, INTERRUPT, NULL_TASK_ID, RETURN
from lgstream.engine.program import Write
from lgstream.engine.writes import task_result
from lgstream.types import Interrupt


@dataclass(slots=True)
class TaskOutcome:
    """The saved writes of one task, sorted by kind.

    A task is finished if ``output`` has any write, which includes NO_WRITES for a task that wrote nothing.
    """

    output: list[Write] = field(default_factory=list)
    interrupts: tuple[Interrupt, ...] = ()
    error: Any = None

    @property
    def open_interrupts(self) -> tuple[Interrupt, ...]:
        """The interrupts that wait for a resume value."""
        return () if self.output else self.interrupts

    def result(self, keys: str | Sequence[str]) -> Any:
        """Return the task's result as snapshots show it; None while it is not finished."""
        for channel, value in self.output:
            if channel == RETURN:
                return value
        if not self.output:
            return None
        result = task_result(self.output, keys)
        return result.get(keys) if isinstance(keys, str) else result


def outcomes_by_task(pending_writes: Iterable[tuple[str, str, Any]]) -> dict[str, TaskOutcome]:
    """Return the outcome of every task that has saved writes, by task id."""
    outcomes: dict[str, TaskOutcome] = {}
    for task_id, channel, value in pending_writes:
        if task_id == NULL_TASK_ID:
            continue
        outcome = outcomes.setdefault(task_id, TaskOutcome())
        if channel == INTERRUPT:
            outcome.interrupts += tuple(value)
        elif channel == ERROR:
            outcome.error = value if outcome.error is None else outcome.error
        elif channel not in CONTROL_CHANNELS:
            outcome.output.append((channel, value))
    return outcomes
