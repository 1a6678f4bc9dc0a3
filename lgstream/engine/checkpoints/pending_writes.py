"""The pending writes of a run: what the tasks of a superstep that has not ended have written so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from lgstream._reserved import CONTROL_CHANNELS, NO_WRITES, NULL_TASK_ID, RESUME
from lgstream.engine.program import Write

PendingWrite: TypeAlias = tuple[str, str, Any]
"""A task id, a channel and a value."""


class RestorableTask(Protocol):
    """The attributes of a task that :meth:`PendingWrites.restore` reads and changes."""

    writes: list[Write]

    @property
    def id(self) -> str:
        """The id of the task."""
        ...


class PendingWrites(list[PendingWrite]):
    """The pending writes of one run, in the order in which savers store them.

    :class:`~lgstream.engine.checkpoints.session.CheckpointSession` saves them, so that a run that stops in the
    superstep does not have to repeat its finished tasks.
    """

    def put(self, task_id: str, writes: Sequence[Write]) -> Sequence[Write]:
        """Replace the writes of a task; those of Commands (NULL_TASK_ID) add up until the superstep ends.

        Returns:
            All pending writes of the task.
        """
        if task_id == NULL_TASK_ID:
            # A resume value replaces the previous one. It comes last because savers store writes by position, and a
            # write that is already stored must keep its position.
            previous_writes = [
                (channel, value) for writer_id, channel, value in self if writer_id == task_id and channel != RESUME
            ]
            writes = [*previous_writes, *sorted(writes, key=lambda write: write[0] == RESUME)]
        self[:] = [write for write in self if write[0] != task_id] + [
            (task_id, channel, value) for channel, value in writes
        ]
        return writes

    def of_task(self, task_id: str) -> list[Write]:
        """Return the writes of a task."""
        return [(channel, value) for writer_id, channel, value in self if writer_id == task_id]

    def of_command(self) -> list[Write]:
        """Return the writes of a caller's Command, which belong to no task, without its resume value."""
        return [(channel, value) for channel, value in self.of_task(NULL_TASK_ID) if channel != RESUME]

    def drop_channel(self, channel: str) -> None:
        """Drop the writes to a channel such as RESUME, which belong to another branch of the thread."""
        self[:] = [write for write in self if write[1] != channel]

    def restore(self, tasks: Sequence[RestorableTask]) -> set[str]:
        """Add the writes that were saved before the run stopped to their tasks; return the ids of finished tasks."""
        tasks_by_id = {task.id: task for task in tasks}
        finished_ids = {task.id for task in tasks if task.writes}  # an error handler has taken over
        for task_id, channel, value in self:
            if task_id in tasks_by_id and channel not in CONTROL_CHANNELS:
                finished_ids.add(task_id)
                if channel != NO_WRITES:
                    tasks_by_id[task_id].writes.append((channel, value))
        return finished_ids
