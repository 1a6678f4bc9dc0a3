"""One task: the execution of a node in a superstep, with its outcome. Simple nodes can run inline here."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from lgstream._conversions import own_value
from lgstream._reserved import RESUME
from lgstream.channels.base import MISSING
from lgstream.engine.callables import NodeCallable, wrap_callable
from lgstream.engine.program import Branch
from lgstream.engine.tasks.base_task import BaseTask
from lgstream.engine.tasks.interrupts import (
    known_resume_values,
    null_resume,
    response_json_schema,
    validate_resume_value,
)
from lgstream.engine.writes import branch_targets, branch_writes, goto_writes, state_writes
from lgstream.errors import GraphInterrupt
from lgstream.events import Routed
from lgstream.types import Interrupt


class Task(BaseTask):
    """The execution of a node with an input, and its outcome.

    Attributes:
        output: the node's output.
        error: the error that ended the task; None if there is none.
        stops_siblings: True if that error also stops the other tasks of the superstep.
        interrupts: the interrupts that the node raised.
        is_cached: True if its writes come from the cache.
        call_error: the error that the node raised inline, to be raised again when the task is attempted.
        call_output: what the node returned inline, to be recorded when the task is attempted: a Runnable, which is
            called then, or the output of an awaited node with routing functions.
        interrupt_index: the number of times that the node has called ``interrupt`` in this attempt.
    """

    error: BaseException | None = None
    stops_siblings = False
    interrupts: tuple[Interrupt, ...] = ()
    output: Any = None
    is_cached = False
    call_error: BaseException | None = None
    call_output: Any = MISSING
    interrupt_index = 0
    _resume_values: list[Any] | None = None

    def interrupt(self, value: Any, response_schema: Any) -> Any:
        """Return the resume value of the node's next interrupt; implements :func:`lgstream.types.interrupt`.

        Args:
            value: the value that the interrupt shows to the user.
            response_schema: the type or JSON schema of the resume value; None for any value.

        Raises:
            GraphInterrupt: if there is no resume value yet (reference rule 42).
            pydantic.ValidationError: if the resume value does not match the schema.
        """
        run = self.run
        index = self.interrupt_index
        self.interrupt_index += 1
        resume_values = self.resume_values
        if index >= len(resume_values):
            is_next = index == len(resume_values)  # otherwise another thread of the node has asked before
            resume_value = null_resume(run, consume=True) if is_next else MISSING
            if resume_value is MISSING:
                schema, answered = response_json_schema(response_schema), len(resume_values)
                raise GraphInterrupt((Interrupt.from_ns(value, self.ns, index=answered, response_schema=schema),))
            resume_values.append(resume_value)
        resume_value = validate_resume_value(resume_values[index], response_schema)
        self.writes.append((RESUME, resume_values[: self.interrupt_index]))  # only the valid ones
        return resume_value

    def null_resume(self, consume: bool) -> Any:
        """Return the resume value that was passed without an interrupt id, or MISSING if there is none."""
        return null_resume(self.run, consume)

    @property
    def resume_values(self) -> list[Any]:
        """The resume values of the task's interrupts, in their order; those that are taken later are appended."""
        if self._resume_values is None:
            run = self.run
            self._resume_values = known_resume_values(run.checkpoints.pending_writes, self.id, self.ns, run.resume_map)
        return self._resume_values

    @property
    def needs_only_a_call(self) -> bool:
        """True if a call of the node is enough: it is sync, has not run yet, and the run has no tracer or cache."""
        return self._is_new and is_unobserved(self) and self.node.needs_only_a_call()

    @property
    def needs_only_an_await(self) -> bool:
        """True if the node is async, has not run yet, has no timeout, and the run has no tracer or cache."""
        action = self.node.action
        is_async = action is not None and (action.is_async or action.is_runnable)
        return is_async and self.timeout is None and self._is_new and is_unobserved(self)

    @property
    def _is_new(self) -> bool:
        """True if the node has not run inline."""
        return self.call_error is None and self.call_output is MISSING

    def call_node(self) -> bool:
        """Call the node in the current thread and record its writes.

        Returns:
            False if the node raised, returned a Runnable or has a timeout. The task then has to be attempted; the
            attempt continues with the error or the Runnable, without another call.
        """
        if self.timeout is not None:
            return False
        node = self.node
        try:
            output = node.action.call(self.input, self) if node.action else self.input
            if type(output) is not dict and output is not None:
                output = own_value(output)
                if as_node_callable(output):
                    self.call_output = output
                    return False
            self.output = output
            self.record_output(output)
            for branch in node.branches:
                router_input = branch.router_input(self.read_for_router(branch.reader), output)
                self.record_route(branch, branch.router.call(router_input, self))
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - raised again when the task is attempted
            self.call_error = error
            return False
        return True

    async def await_node(self) -> bool:
        """Await the node and record its writes.

        Returns:
            False if the node raised, has routing functions, or returned something else than a dict or None. The task
            then has to be attempted; the attempt continues with the error or the output, without another call.
        """
        node = self.node
        assert node.action is not None
        try:
            function, args, kwargs, _, async_function, _ = node.action.call_effect(self, self.input)
            output = await (async_function or function)(*args, **kwargs)
            if node.branches or (type(output) is not dict and output is not None):
                self.call_output = output
                return False
            self.output = output
            self.record_output(output)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - raised again when the task is attempted
            self.call_error = error
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
            keys = node.writable_keys
            writes = node.map_output(output) if node.map_output else state_writes(output, keys, node.is_start)
            if type(output) is not dict and output is not None:
                writes += goto_writes(output)  # may raise, and then nothing is written
            self.writes += writes
        self.writes += node.static_writes

    def record_route(self, branch: Branch, destination: Any) -> None:
        """Add the writes for the result of a routing function, and emit what it chose."""
        targets = branch_targets(branch, destination)
        self.writes += branch_writes(branch, targets)
        run = self.run
        if Routed in run.wants:
            task_id = "" if self.node.is_start else self.id
            place = time.time(), run.ns, run.step, task_id, self.name
            run.emit(Routed(*place, branch.name, tuple(targets), run.root_run_id))


def is_unobserved(task: Task) -> bool:
    """Return True if the task's run has neither a tracer nor a cache."""
    return not task.run.is_traced and task.run.options.cache is None


def as_node_callable(output: Any) -> NodeCallable | None:
    """Return a Runnable that a node returned, to be run in its place; None for any other output."""
    from langchain_core.runnables import Runnable

    return wrap_callable(output) if isinstance(output, Runnable) else None
