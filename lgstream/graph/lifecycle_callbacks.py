"""Tells :mod:`lgstream.callbacks` of a run's stops and resumes. Sans-IO: what to call comes as effects."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

from lgstream.engine.callables import Call, Effect
from lgstream.engine.run_loop import Run
from lgstream.langchain.tracing import handlers_of


def _told(run: Run, method: str, make: Any) -> Generator[Effect, Any, None]:
    """Call a method of the graph's handlers; whoever has one has loaded the module that they are of."""
    module = sys.modules.get("lgstream.callbacks")
    if module is None:
        return
    kind = module.GraphCallbackHandler
    handlers = [each for each in handlers_of(run.config.get("callbacks") or []) if isinstance(each, kind)]
    if handlers:
        from langchain_core.callbacks.manager import ahandle_event, handle_event

        yield Call(handle_event, (handlers, method, None, make(module)), {}, False, ahandle_event)


def resumed(run: Run, input: Any) -> Generator[Effect, Any, None]:
    """A run is about to go on from its checkpoint, if it does."""
    if run.goes_on(input):
        place = run.run_id, "pending", run.kept.checkpoint_id, run.ns
        yield from _told(run, "on_resume", lambda module: module.GraphResumeEvent(*place))


def interrupted(run: Run) -> Generator[Effect, Any, None]:
    """A run has ended: by an interrupt, perhaps. That of a subgraph is its root's."""
    if run.status == "interrupted" and run.parent is None:
        place = run.run_id, run.breakpoint, run.kept.checkpoint_id, run.ns, run.interrupts
        yield from _told(run, "on_interrupt", lambda module: module.GraphInterruptEvent(*place))
