"""Calls the handlers of :mod:`lgstream.callbacks` when a run resumes or is interrupted. The calls are effects."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from lgstream.effects.effects import CallEffect, Effects
from lgstream.engine.run_loop import RunLoop
from lgstream.engine.run_state import RunState
from lgstream.langchain.tracing import callback_handlers


def notify_resume(run_loop: RunLoop, value: Any) -> Effects[None]:
    """Call ``on_resume`` of the run's handlers if the run is about to resume from its checkpoint."""
    if run_loop.resumes(value):
        run = run_loop.state
        fields = run.run_id, "pending", run.checkpoints.checkpoint_id, run.ns
        yield from _notify(run, "on_resume", lambda callbacks: callbacks.GraphResumeEvent(*fields))


def notify_interrupt(run_loop: RunLoop) -> Effects[None]:
    """Call ``on_interrupt`` of the run's handlers if the root run was interrupted, itself or in a subgraph."""
    run = run_loop.state
    if run_loop.status == "interrupted" and run.parent is None:
        fields = run.run_id, run_loop.breakpoint, run.checkpoints.checkpoint_id, run.ns, run_loop.interrupts
        yield from _notify(run, "on_interrupt", lambda callbacks: callbacks.GraphInterruptEvent(*fields))


def _notify(run: RunState, method: str, make_event: Callable[[Any], Any]) -> Effects[None]:
    """Call a method of the run's graph callback handlers.

    Handlers exist only if the user has imported ``lgstream.callbacks``, so this function does not import it.
    """
    callbacks = sys.modules.get("lgstream.callbacks")
    if callbacks is None:
        return
    handler_type = callbacks.GraphCallbackHandler
    handlers = [item for item in callback_handlers(run.config.get("callbacks")) if isinstance(item, handler_type)]
    if handlers:
        from langchain_core.callbacks.manager import ahandle_event, handle_event

        yield CallEffect(handle_event, (handlers, method, None, make_event(callbacks)), {}, False, ahandle_event)
