"""The attempts of a task as effects: what a driver has to do for it, without anything being done."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import pytest

from lgstream._reserved import branch_channel
from lgstream.effects.effects import CallEffect, Effect, SleepEffect
from lgstream.engine.callables import NodeCallable
from lgstream.engine.program import Branch, StateReader
from lgstream.engine.tasks.attempt import TaskAttempts
from lgstream.engine.tasks.task import Task
from lgstream.errors import GraphInterrupt, NodeCancelledError, ParentCommand
from lgstream.events import Event, TaskRetried
from lgstream.types import CachePolicy, Command, RetryPolicy
from tests.support.run_states import (
    STATE_KEYS,
    literal_node,
    literal_program,
    literal_state,
    pulled_task,
)

RETRY = RetryPolicy(initial_interval=2, backoff_factor=3, max_attempts=3, jitter=False, retry_on=ValueError)


def action(state: Any) -> Any:
    raise AssertionError("a driver calls it, not the task")


def task_of(**options: Any) -> Task:
    """Return the task of node ``a``; options that a node does not have are the run's."""
    run_options = {key: options.pop(key) for key in ("wants", "emit", "cache", "parent") if key in options}
    run = literal_state(literal_program(literal_node("a", action=action, **options)), **run_options)
    return pulled_task(run, "a")


class StubCache:
    """A cache that holds nothing."""

    def get(self, keys: Any) -> Any:
        raise AssertionError("the task must leave this to a driver")

    aget = aset = set = get


def finish(effects: Generator[Effect, Any, None], result: Any) -> None:
    """Send the result of the last effect, and assert that no effect follows."""
    with pytest.raises(StopIteration):
        effects.send(result)


# One attempt ----------------------------------------------------------------------------------------------------------


def test_an_attempt_is_a_call_of_the_nodes_function_with_its_input() -> None:
    task = task_of()
    effect = next(TaskAttempts(task).run())
    assert isinstance(effect, CallEffect)
    assert (effect.function, effect.args) == (action, (task.input,))


def test_the_result_of_the_call_becomes_the_writes_of_the_task() -> None:
    task = task_of(next_nodes=["b"])
    effects = TaskAttempts(task).run()
    next(effects)
    finish(effects, {"count": 1, "missing": 2})
    assert task.writes == [("count", 1), (branch_channel("b"), None)]
    assert task.output == {"count": 1, "missing": 2}


def test_a_node_that_failed_inline_is_not_called_again() -> None:
    task = task_of()
    task.call_error = ValueError("broken")
    with pytest.raises(ValueError, match="broken"):
        next(TaskAttempts(task).run())


def test_start_needs_no_call() -> None:
    run = literal_state(literal_program(literal_node("a")))
    task = pulled_task(run, "__start__")
    task.input = {"count": 1}
    assert list(TaskAttempts(task).run()) == []
    assert task.writes == [("count", 1), (branch_channel("a"), None)]


def test_a_routing_function_is_called_with_the_state_after_the_node() -> None:
    router = NodeCallable(action, False, (), False, "route")
    task = task_of(branches=(Branch("route", router, StateReader(STATE_KEYS)),))
    effects = TaskAttempts(task).run()
    next(effects)
    effect = effects.send({"count": 1})
    assert isinstance(effect, CallEffect)
    assert effect.args == ({"log": [], "count": 1},)
    assert effect.is_short
    finish(effects, "b")
    assert task.writes == [("count", 1), (branch_channel("b"), None)]


# Errors and retries ---------------------------------------------------------------------------------------------------


def test_an_error_is_raised_with_a_note_that_names_the_task() -> None:
    task = task_of()
    effects = TaskAttempts(task).run()
    next(effects)
    with pytest.raises(ValueError, match="broken") as caught:
        effects.throw(ValueError("broken"))
    assert caught.value.__notes__ == [f"During task with name 'a' and id '{task.id}'"]


def test_a_retry_policy_waits_longer_before_each_attempt() -> None:
    effects = TaskAttempts(task_of(retry_policies=[RETRY])).run()
    for delay in (2, 6):
        assert isinstance(next(effects), CallEffect)
        assert effects.throw(ValueError("broken")) == SleepEffect(delay)
    next(effects)
    with pytest.raises(ValueError, match="broken"):
        effects.throw(ValueError("broken"))


def test_an_error_that_the_policy_does_not_name_is_raised_at_once() -> None:
    effects = TaskAttempts(task_of(retry_policies=[RETRY])).run()
    next(effects)
    with pytest.raises(KeyError):
        effects.throw(KeyError("broken"))


def test_the_policies_of_the_graph_are_for_nodes_without_their_own() -> None:
    task = task_of()
    task.run.program.retry_policies = [RETRY]
    effects = TaskAttempts(task).run()
    next(effects)
    assert effects.throw(ValueError("broken")) == SleepEffect(2)


def test_a_failed_attempt_leaves_no_writes() -> None:
    task = task_of(retry_policies=[RETRY])
    effects = TaskAttempts(task).run()
    next(effects)
    task.writes.append(("count", 1))
    effects.throw(ValueError("broken"))
    next(effects)
    assert task.writes == []


def test_a_retry_is_emitted_with_its_attempt_and_its_delay() -> None:
    events: list[Event] = []
    effects = TaskAttempts(task_of(retry_policies=[RETRY], emit=events.append, wants=frozenset({TaskRetried}))).run()
    next(effects)
    effects.throw(ValueError("broken"))
    (event,) = events
    assert isinstance(event, TaskRetried)
    assert (event.node, event.attempt, event.wait) == ("a", 1, 2)


def test_an_interrupt_is_not_retried() -> None:
    policy = RETRY._replace(retry_on=Exception)
    effects = TaskAttempts(task_of(retry_policies=[policy])).run()
    next(effects)
    with pytest.raises(GraphInterrupt):
        effects.throw(GraphInterrupt(()))


def test_a_node_that_cancels_itself_fails() -> None:
    effects = TaskAttempts(task_of()).run()
    next(effects)
    with pytest.raises(NodeCancelledError):
        effects.throw(asyncio.CancelledError())


# Commands of subgraphs ------------------------------------------------------------------------------------------------


def test_a_command_that_a_subgraph_addressed_to_this_graph_is_the_output_of_the_task() -> None:
    task = task_of()
    effects = TaskAttempts(task).run()
    next(effects)
    command = Command(graph=task.ns, update={"count": 1}, goto="b")
    with pytest.raises(StopIteration):
        effects.throw(ParentCommand(command))
    assert task.writes == [("count", 1), (branch_channel("b"), None)]


def test_a_command_for_the_parent_is_addressed_to_the_task_that_runs_this_graph() -> None:
    parent = task_of()
    effects = TaskAttempts(task_of(parent=parent)).run()
    next(effects)
    with pytest.raises(ParentCommand) as caught:
        effects.throw(ParentCommand(Command(graph=Command.PARENT)))
    assert caught.value.args[0].graph == parent.ns


# The cache ------------------------------------------------------------------------------------------------------------


def test_writes_in_the_cache_replace_the_call() -> None:
    task = task_of(cache=StubCache(), cache_policy=CachePolicy())
    effects = TaskAttempts(task).run()
    effect = next(effects)
    assert isinstance(effect, CallEffect)
    assert effect.function == task.run.options.cache.get
    ((key,),) = effect.args
    finish(effects, {key: [("count", 1)]})
    assert (task.writes, task.is_cached) == ([("count", 1)], True)


def test_a_result_that_is_not_in_the_cache_is_stored_after_the_call() -> None:
    task = task_of(cache=StubCache(), cache_policy=CachePolicy(ttl=60))
    effects = TaskAttempts(task).run()
    lookup = next(effects)
    call = effects.send({})
    store = effects.send({"count": 1})
    assert isinstance(lookup, CallEffect)
    assert isinstance(call, CallEffect)
    assert isinstance(store, CallEffect)
    assert call.function is action
    ((key,),) = lookup.args
    assert store.args == ({key: ([("count", 1)], 60)},)


def test_a_node_without_a_cache_policy_does_not_use_the_cache() -> None:
    effect = next(TaskAttempts(task_of(cache=StubCache())).run())
    assert isinstance(effect, CallEffect)
    assert effect.function is action
