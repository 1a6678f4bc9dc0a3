"""One task: the run of a node in a superstep, with its outcome. A node that needs only a call can run inline here."""

from __future__ import annotations

import asyncio
from typing import Any

from lgstream._reserved import RESUME
from lgstream.channels.base import MISSING
from lgstream.engine.callables import NodeCallable, wrap_callable
from lgstream.engine.tasks.context import TaskContext
from lgstream.engine.tasks.interrupts import answer_json_schema, known_answers, take_null_resume, validate_answer
from lgstream.engine.writes import branch_writes, goto_writes, state_writes
from lgstream.errors import GraphInterrupt
from lgstream.types import Interrupt


class Task(TaskContext):
    """A node to run with an input, and what comes of it.

    Attributes:
        writes: the channel writes so far.
        output: what the node returned.
        error: the error that ended it.
        stops_siblings: True if that error ends the superstep for the other tasks, too.
        interrupts: the questions it raised.
        is_cached: True if its writes come from the cache.
        inline_error: what the node raised inline, to be raised again where it is attempted.
        inline_output: a Runnable that the node returned inline, to be run where it is attempted.
    """

    error: BaseException | None = None
    stops_siblings = False
    interrupts: tuple[Interrupt, ...] = ()
    output: Any = None
    is_cached = False
    inline_error: BaseException | None = None
    inline_output: Any = MISSING
    interrupt_index = 0
    _answers: list[Any] | None = None

    def interrupt(self, value: Any, response_schema: Any) -> Any:
        """Return the answer to the node's next interrupt; the implementation of :func:`lgstream.types.interrupt`.

        Raises:
            GraphInterrupt: if there is no answer yet (reference rule 42).
        """
        run = self.run
        index = self.interrupt_index
        self.interrupt_index += 1
        if self._answers is None:
            self._answers = known_answers(run.checkpoints.pending_writes, self.id, self.ns, run.resume_map)
        if index == len(self._answers):
            answer = take_null_resume(run)
            if answer is MISSING:
                schema = answer_json_schema(response_schema)
                raise GraphInterrupt((Interrupt.from_ns(value, self.ns, index=index, response_schema=schema),))
            self._answers.append(answer)
        answer = validate_answer(self._answers[index], response_schema)
        self.writes.append((RESUME, self._answers[: self.interrupt_index]))  # only the valid ones
        return answer

    @property
    def can_run_inline(self) -> bool:
        """True if the node needs only a call: it is sync, was not run yet, and no tracer or cache takes part."""
        was_run = self.inline_error is not None or self.inline_output is not MISSING
        return not was_run and is_unobserved(self) and self.node.is_sync()

    def run_inline(self) -> bool:
        """Call the node in the current thread and record its writes.

        Returns:
            False if the call is not enough: the node raised, returned a Runnable or has a timeout. The task then has to
            be attempted, which continues with what the call raised or returned, without another call.
        """
        if self.timeout is not None:
            return False
        node = self.node
        try:
            output = node.action.call_inline(self.input, self) if node.action else self.input
            if type(output) is not dict and output is not None and as_node_callable(output):
                self.inline_output = output
                return False
            self.output = output
            self.record_output(output)
            for branch in node.branches:
                router_input = branch.router_input(self.read_for_router(branch.reader), output)
                self.writes += branch_writes(branch, branch.router.call_inline(router_input, self))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - raised again when the task is attempted
            self.inline_error = error
            return False
        return True

    def record_output(self, output: Any) -> None:
        """Add the writes of a state update and of the node's plain edges."""
        node = self.node
        if type(output) is dict and node.map_output is None:  # as in state_writes(), without the call
            for write in output.items():
                if write[0] in node.writable_keys:
                    self.writes.append(write)
        else:
            writes = node.map_output(output) if node.map_output else state_writes(output, node.writable_keys)
            if type(output) is not dict and output is not None:
                writes += goto_writes(output)  # may raise, and then nothing is written
            self.writes += writes
        self.writes += node.static_writes


def is_unobserved(task: Task) -> bool:
    """Return True if neither a tracer nor a cache takes part in how the task runs."""
    return not task.run.is_traced and task.run.options.cache is None


def as_node_callable(output: Any) -> NodeCallable | None:
    """Return a Runnable that a node returned, to be run in its place; None for any other output."""
    from langchain_core.runnables import Runnable

    return wrap_callable(output) if isinstance(output, Runnable) else None
