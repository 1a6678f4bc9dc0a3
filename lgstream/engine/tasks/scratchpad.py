"""What the config of a task offers to code that runs in it: interrupts, resume values, and the counts of its children.

langgraph's own functions and graphs also look for it there, under the same key. So a scratchpad has the attributes that
langgraph's has, and it is an instance of langgraph's class if that class has been imported.
"""

from __future__ import annotations

from typing import Any, Protocol

from lgstream._langgraph import joint_class, loaded_object
from lgstream.channels.base import MISSING
from lgstream.engine.run_state import RunState


class ScratchpadTask(Protocol):
    """The attributes of a task that its scratchpad reads and changes."""

    run: RunState
    interrupt_index: int
    called_count: int

    def next_subgraph_index(self) -> int:
        """Return the number of graphs that the task has run before, and increment it."""
        ...

    def null_resume(self, consume: bool) -> Any:
        """Return the resume value that was passed without an interrupt id, or MISSING."""
        ...

    def interrupt(self, value: Any, response_schema: Any) -> Any:
        """Return the resume value of the task's next interrupt."""
        ...

    @property
    def resume_values(self) -> list[Any]:
        """The resume values of the task's interrupts."""
        ...


class TaskScratchpad:
    """The scratchpad of a running task.

    Args:
        task: the task.

    Attributes:
        task: the task.
    """

    task: ScratchpadTask

    def __init__(self, task: ScratchpadTask) -> None:
        self.__dict__["task"] = task  # langgraph's class is a frozen dataclass

    def interrupt(self, value: Any, response_schema: Any) -> Any:
        """Return the resume value of the next interrupt; see :meth:`~lgstream.engine.tasks.task.Task.interrupt`."""
        return self.task.interrupt(value, response_schema)

    @property
    def step(self) -> int:
        """The current superstep."""
        return self.task.run.step

    @property
    def stop(self) -> int:
        """The last superstep that the recursion limit allows."""
        return self.task.run.last_step

    @property
    def resume(self) -> list[Any]:
        """The resume values of the task's interrupts, in their order; langgraph appends those that it takes."""
        return self.task.resume_values

    def get_null_resume(self, consume: bool = False) -> Any:
        """Return the resume value that was passed without an interrupt id; None if there is none.

        Args:
            consume: True to take it, so that no other interrupt receives it.
        """
        resume_value = self.task.null_resume(consume)
        return None if resume_value is MISSING else resume_value

    def interrupt_counter(self) -> int:
        """Return the number of interrupts that the task has raised in this attempt, and increment it."""
        self.task.interrupt_index += 1
        return self.task.interrupt_index - 1

    def call_counter(self) -> int:
        """Return the number of tasks that the task has called, and increment it."""
        self.task.called_count += 1
        return self.task.called_count - 1

    def subgraph_counter(self) -> int:
        """Return the number of graphs that the task has run, and increment it."""
        return self.task.next_subgraph_index()


def scratchpad_of(task: Any) -> TaskScratchpad:
    """Return a scratchpad of the task: an instance of langgraph's class too, if that class has been imported."""
    langgraph_class = loaded_object("PregelScratchpad", "langgraph._internal._scratchpad")
    cls = TaskScratchpad if langgraph_class is None else joint_class(TaskScratchpad, langgraph_class)
    return cls(task)
