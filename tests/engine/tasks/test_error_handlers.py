"""Error handlers: which errors they take, and the task that runs in place of the failed one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lgstream._reserved import ERROR, ERROR_SOURCE, PULL, PUSH
from lgstream.engine.run_state import RunState
from lgstream.engine.tasks.error_handlers import error_handler_task, has_error_handler, resumed_error_handlers
from lgstream.errors import GraphInterrupt, ParentCommand
from lgstream.types import Command
from tests.support.run_states import literal_node, literal_program, literal_state, pulled_task, sent_task

ERROR_VALUE = ValueError("broken")


def handled_state() -> RunState:
    """Return the state of ``fail``, which has the error handler ``handle``, and of ``other``, which has none."""
    nodes = [literal_node("fail", error_handler="handle"), literal_node("handle"), literal_node("other")]
    return literal_state(literal_program(*nodes))


# Which errors are handled ---------------------------------------------------------------------------------------------


def test_a_node_without_an_error_handler_handles_nothing() -> None:
    assert not has_error_handler(pulled_task(handled_state(), "other"), ERROR_VALUE)


def test_an_error_handler_handles_exceptions() -> None:
    assert has_error_handler(pulled_task(handled_state(), "fail"), ERROR_VALUE)


@pytest.mark.parametrize(
    "error", [GraphInterrupt(()), ParentCommand(Command()), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr
)
def test_an_error_handler_leaves_control_flow_alone(error: BaseException) -> None:
    assert not has_error_handler(pulled_task(handled_state(), "fail"), error)


# The task of an error handler -----------------------------------------------------------------------------------------


def test_the_error_handler_runs_with_the_input_of_the_failed_task() -> None:
    run = handled_state()
    failed = pulled_task(run, "fail")
    failed.input = {"count": 1}
    handler = error_handler_task(run, failed, ERROR_VALUE)
    assert (handler.name, handler.input) == ("handle", {"count": 1})


def test_the_error_handler_receives_the_error_and_the_name_of_the_failed_node() -> None:
    run = handled_state()
    handler = error_handler_task(run, pulled_task(run, "fail"), ERROR_VALUE)
    assert handler.handled_error is not None
    assert (handler.handled_error.node, handler.handled_error.error) == ("fail", ERROR_VALUE)


def test_the_path_of_the_error_handler_follows_that_of_the_failed_task() -> None:
    run = handled_state()
    handler = error_handler_task(run, pulled_task(run, "fail"), ERROR_VALUE)
    assert handler.path[:2] == (PULL, "fail")
    assert not handler.is_called


def test_the_namespace_of_the_error_handler_is_inside_that_of_the_failed_task() -> None:
    run = handled_state()
    failed = pulled_task(run, "fail")
    assert error_handler_task(run, failed, ERROR_VALUE).ns.startswith(f"{failed.ns}|handle:")


def test_each_send_has_an_error_handler_of_its_own() -> None:
    run = handled_state()
    handlers = [error_handler_task(run, sent_task(run, "fail", index), ERROR_VALUE) for index in (0, 1)]
    assert [handler.path[:3] for handler in handlers] == [(PUSH, 0, False), (PUSH, 1, False)]
    assert handlers[0].id != handlers[1].id


def test_the_id_of_the_error_handler_is_the_same_when_the_run_is_resumed() -> None:
    run = handled_state()
    first, second = (error_handler_task(run, pulled_task(run, "fail"), ERROR_VALUE) for _ in range(2))
    assert first.id == second.id


# After a run has stopped ----------------------------------------------------------------------------------------------


def resumed(run: RunState, *writes: tuple[str, Any]) -> Any:
    """Return the failed task, and the error handlers of a run that stopped with these writes of it."""
    failed = pulled_task(run, "fail")
    run.checkpoints.pending_writes[:] = [(failed.id, channel, value) for channel, value in writes]
    return failed, list(resumed_error_handlers(run, [failed, pulled_task(run, "other")]))


def test_an_error_handler_that_was_running_runs_again() -> None:
    run = handled_state()
    _, (handler,) = resumed(run, (ERROR, ERROR_VALUE), (ERROR_SOURCE, "fail"))
    assert handler.name == "handle"
    assert handler.handled_error.error is ERROR_VALUE


def test_the_failed_task_does_not_run_again() -> None:
    failed, _ = resumed(handled_state(), (ERROR, ERROR_VALUE), (ERROR_SOURCE, "fail"))
    assert failed.writes == [(ERROR, ERROR_VALUE)]


def test_an_error_that_was_not_handled_is_tried_again() -> None:
    failed, handlers = resumed(handled_state(), (ERROR, ERROR_VALUE))
    assert (failed.writes, handlers) == ([], [])


def test_an_error_that_was_saved_as_text_is_handled_as_an_exception() -> None:
    _, (handler,) = resumed(handled_state(), (ERROR, "ValueError('broken')"), (ERROR_SOURCE, "fail"))
    assert type(handler.handled_error.error) is Exception
    assert handler.handled_error.error.args == ("ValueError('broken')",)
