"""Notifies :mod:`lgstream.callbacks` when a run resumes or is interrupted, as effects for the drivers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from typing import Any

from lgstream.engine.callables import Call, Effect
from lgstream.engine.run_loop import Run
from lgstream.langchain.tracing import handlers_of


def notify_resume(run: Run, input: Any) -> Generator[Effect, Any, None]:
    """Call ``on_resume`` of the run's handlers if the run is about to resume from its checkpoint."""
    if run.goes_on(input):
        fields = run.run_id, "pending", run.kept.checkpoint_id, run.ns
        yield from _notify(run, "on_resume", lambda callbacks: callbacks.GraphResumeEvent(*fields))


def notify_interrupt(run: Run) -> Generator[Effect, Any, None]:
    """Call ``on_interrupt`` of the run's handlers if the run was interrupted; the root reports for its subgraphs."""
    if run.status == "interrupted" and run.parent is None:
        fields = run.run_id, run.breakpoint, run.kept.checkpoint_id, run.ns, run.interrupts
        yield from _notify(run, "on_interrupt", lambda callbacks: callbacks.GraphInterruptEvent(*fields))


def _notify(run: Run, method: str, make_event: Callable[[Any], Any]) -> Generator[Effect, Any, None]:
    """Call a method of the run's graph callback handlers.

    A handler exists only if the user has imported ``lgstream.callbacks``, so that it is not imported here.
    """
    callbacks = sys.modules.get("lgstream.callbacks")
    if callbacks is None:
        return
    handler_type = callbacks.GraphCallbackHandler
    handlers = [item for item in handlers_of(run.config.get("callbacks") or []) if isinstance(item, handler_type)]
    if handlers:
        from langchain_core.callbacks.manager import ahandle_event, handle_event

        yield Call(handle_event, (handlers, method, None, make_event(callbacks)), {}, False, ahandle_event)
