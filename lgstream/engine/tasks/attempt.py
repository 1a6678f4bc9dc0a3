"""The attempts of a task, as effects: the call of the node with retries, timeout, cache, tracing and routing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from typing import Any

from lgstream._conversions import langgraph_value, own_error, own_value
from lgstream.channels.base import MISSING
from lgstream.config import merge_callbacks
from lgstream.constants import TAG_HIDDEN
from lgstream.effects.effects import CallEffect, Effect, Effects, SleepEffect
from lgstream.engine.callables import NodeCallable
from lgstream.engine.tasks.cache import CacheKey, cache_key, cache_writes, cached_writes
from lgstream.engine.tasks.future import is_current_task_cancelled
from lgstream.engine.tasks.retry import next_attempt_delay
from lgstream.engine.tasks.task import Task, as_node_callable
from lgstream.engine.tasks.timeout import Heartbeat, with_timeout
from lgstream.engine.writes import is_command
from lgstream.errors import NodeCancelledError, ParentCommand, bubbles_up
from lgstream.events import TaskRetried
from lgstream.langchain.running_task import set_running_task
from lgstream.langchain.tracing import TracedRun, own_node_run, set_tracing_context
from lgstream.types import CachePolicy, TimeoutPolicy


class TaskAttempts:
    """Attempts one task until it succeeds or fails for good.

    Args:
        task: the task; its ``writes`` are those of the last attempt.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._traced_run: TracedRun | None = None

    def run(self) -> Effects[None]:
        """Attempt the task until it succeeds, or until no retry policy applies.

        Raises:
            BaseException: the error of the last attempt.
        """
        task = self._task
        task.first_attempt_time = task.first_attempt_time or time.time()
        while True:
            if task.call_error is None:  # otherwise keep the writes from before the node failed inline
                task.writes.clear()
                task.interrupt_index = 0
            try:
                yield from self._attempt()
                return
            except asyncio.CancelledError as error:
                scope = task.run.cancel_scope
                if is_current_task_cancelled() or (scope is not None and scope.is_cancelled):
                    raise
                cancelled_error = NodeCancelledError(task.name)
                cancelled_error.__cause__ = error
                yield self._retry_sleep(cancelled_error)
            except Exception as error:  # noqa: BLE001 - raised again unless a policy retries it
                if (yield from self._takes_command(own_error(error))):
                    return
                yield self._retry_sleep(error)

    def _takes_command(self, error: Exception) -> Effects[bool]:
        """Write the Command for this graph that a subgraph raised.

        Returns:
            True if there is one; False if the error is a failure of the node.

        Raises:
            GraphBubbleUp: if the error is for the graph or the graphs around it.
        """
        task = self._task
        if not bubbles_up(error):
            error.add_note(f"During task with name '{task.name}' and id '{task.id}'")
            return False
        command = _resolve_parent_command(task, error) if isinstance(error, ParentCommand) else None
        if command is None:
            raise error
        yield from write_output(task, command)
        return True

    def _retry_sleep(self, error: Exception) -> SleepEffect:
        """Return the pause before the next attempt, or raise the error if there is no next attempt."""
        task, run = self._task, self._task.run
        task.attempt += 1
        delay = next_attempt_delay(task.node.retry_policies or run.program.retry_policies, error, task.attempt)
        if delay is None:
            raise error
        task.reset_config()
        if TaskRetried in run.wants:
            seconds = round(delay, 4)
            attempt, run_id = task.attempt, run.root_run_id
            run.emit(TaskRetried(time.time(), run.ns, run.step, task.id, task.name, attempt, error, seconds, run_id))
        return SleepEffect(delay)

    def _attempt(self) -> Generator[Effect, Any, Any]:
        """Return the effects of one attempt."""
        task, run = self._task, self._task.run
        if task.call_error is not None:
            error, task.call_error = task.call_error, None
            raise error
        if task.call_output is not MISSING:
            output, task.call_output = task.call_output, MISSING
            return self._finish(output)
        action = task.node.action
        if action is None:
            return self._start_traced() if run.is_traced and task.node.branches else write_output(task, task.input)
        effects = self._call_traced(action) if run.is_traced else self._call(action)
        key = _cache_key(task) if run.options.cache is not None else None
        return effects if key is None else self._cached(effects, key)

    def _cached(self, effects: Generator[Effect, Any, Any], key: CacheKey) -> Effects[None]:
        """Use the writes in the cache, or carry out the effects and store the writes."""
        task, cache = self._task, self._task.run.options.cache
        writes = yield from cached_writes(cache, key)
        if writes is not None:
            task.writes += writes
            task.is_cached = True
            return
        yield from effects
        yield from cache_writes(cache, key, task.writes, _cache_policy(task).ttl)

    def _call(self, action: NodeCallable) -> Effects[Any]:
        """Call the node, within its timeout, and record its output."""
        task = self._task
        if task.timeout is None:
            output = yield action.call_effect(task, task.input, task.node.pure is True)
        else:
            heartbeat = self._start_heartbeat(task.timeout)
            output = yield with_timeout(action.call_effect(task, task.input), task.name, task.timeout, heartbeat)
        return (yield from self._finish(output))

    def _start_heartbeat(self, timeout: TimeoutPolicy) -> Heartbeat:
        """Start the heartbeat of the attempt; with ``refresh_on="auto"``, stream writes and models renew it."""
        task = self._task
        heartbeat = task.heartbeat = Heartbeat()
        task.reset_config()  # its runtime has the heartbeat
        if timeout.idle_timeout is not None and timeout.refresh_on == "auto":
            task.config["callbacks"] = merge_callbacks(task.config.get("callbacks"), heartbeat.callbacks())
        set_running_task(task.get_config, task)
        return heartbeat

    def _call_traced(self, action: NodeCallable) -> Effects[None]:
        """Call the node as a langchain chain run inside that of the graph."""
        task, caller = self._task, self._task.caller
        parent = task.run.trace_child(f"graph:step:{task.run.step}") if caller is None else caller.config["callbacks"]
        traced_run = self._traced_run = TracedRun(parent, None, task.config["metadata"])
        yield from traced_run.start(
            task.name, action.traced_input(task.input), own_node_run(parent, task.run.root_run_id)
        )
        task.config["callbacks"] = traced_run.child_callbacks("seq:step:1")
        set_tracing_context(task.config)
        output = yield from traced_run.enclose(self._call(action))
        traced_output = langgraph_value(output) if task.run.is_in_langgraph else output
        yield from traced_run.stream_chunk(traced_output)
        yield from traced_run.end(traced_output, None)

    def _start_traced(self) -> Effects[None]:
        """Route from START as a langchain chain run inside that of the graph, tagged as hidden."""
        task, value = self._task, self._task.input
        parent = task.run.trace_child(f"graph:step:{task.run.step}")
        traced_run = TracedRun(parent, (TAG_HIDDEN,), task.config["metadata"])
        yield from traced_run.start(task.name, value)
        yield from traced_run.enclose(write_output(task, value, traced_run))
        yield from traced_run.stream_chunk(value)
        yield from traced_run.end(value, None)

    def _finish(self, output: Any) -> Effects[Any]:
        """Record the node's output; if it is a Runnable, call that and record its output instead."""
        task = self._task
        if type(output) is not dict and output is not None:
            output = own_value(output)
            runnable = None if is_command(output) else as_node_callable(output)
            if runnable is not None:
                output = own_value((yield runnable.call_effect(task, task.input)))
        task.output = output
        task.record_output(output)
        if task.node.branches:
            yield from _route(task, output, self._traced_run)
        return output


def write_output(task: Task, output: Any, node_run: TracedRun | None = None) -> Effects[None]:
    """Add the writes of a node's output to the task: the state update, the plain edges and the conditional edges."""
    task.record_output(output)
    yield from _route(task, output, node_run)


def _route(task: Task, output: Any, node_run: TracedRun | None) -> Effects[None]:
    """Call the routing functions of the task's node and add the writes of their results."""
    for index, branch in enumerate(task.node.branches):
        router_input = branch.router_input(task.read_for_router(branch.reader), output)
        call = branch.router.call_effect(task, router_input, is_short=True)
        if node_run is None:
            destination = yield call
        else:
            destination = yield from _route_traced(task, call, index, node_run)
        task.record_route(branch, destination)


def _route_traced(task: Task, call: CallEffect, index: int, node_run: TracedRun) -> Effects[Any]:
    """Call a routing function as a langchain chain run inside that of its node, tagged as one of its last steps."""
    step = (2 if task.node.is_start else 3) + index
    traced_run = TracedRun(node_run.child_callbacks(f"seq:step:{step}"), None, task.config["metadata"])
    yield from traced_run.start(task.node.branches[index].router.name, call.args[0])
    destination = yield from traced_run.enclose(_perform(call))
    yield from traced_run.end(destination, None)
    return destination


def _perform(call: CallEffect) -> Effects[Any]:
    return (yield call)


def _resolve_parent_command(task: Task, error: ParentCommand) -> Any:
    """Return the Command that a subgraph addressed to this graph; None if it is addressed further up."""
    command = error.args[0]
    if command.graph in (task.ns, task.name):
        return command.with_changes(graph=None)
    if command.graph == command.PARENT:
        parent = task.run.parent
        error.args = (command.with_changes(graph=parent.ns if parent is not None else ""),)
    return None


def _cache_policy(task: Task) -> CachePolicy:
    """Return the cache policy of the task's node, that of the program, or the default."""
    return task.node.cache_policy or task.run.program.cache_policy or CachePolicy()


def _cache_key(task: Task) -> CacheKey | None:
    """Return the key of the task's result; None if its node is not cached."""
    if task.node.cache_policy is None and task.run.program.cache_policy is None:
        return None
    return cache_key(task.node, _cache_policy(task), task.input)
