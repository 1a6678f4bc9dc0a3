"""The RunView widget, Python's side: operations go in, the front end in ``static/`` draws them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import Layout  # type: ignore[import-untyped]

from lgstream.views.rows import Operation
from lgstream.views.saved.bundle import time_resolution
from lgstream.views.saved.compact import compact
from lgstream.widgets.transport import Transport

STATIC = Path(__file__).parent / "static"


class RunView(anywidget.AnyWidget):
    """One run in a notebook cell. It draws what :meth:`push` gives it, and folds nothing.

    Messages from the front end may be handled in a thread of their own (a subshell of the kernel).

    Args:
        stop_mode: what the Stop button does while the run goes on: ``"button"`` sends a message that calls
            ``on_stop``; ``"kernel"`` tells the reader to interrupt the kernel, for a blocking cell hears no messages;
            ``"none"`` shows no button.
        on_stop: called when the reader presses Stop.
    """

    _esm = STATIC / "runview.js"
    _css = STATIC / "runview.css"

    last_seq = traitlets.Int(0).tag(sync=True)
    """The number of the last frame, told now and then, so that the front end sees when the tail is lost."""

    ops_final = traitlets.Unicode("").tag(sync=True)
    """JSON of the operations of the whole run, those of a moment at once; ``""`` while it is live."""

    stop_mode = traitlets.Enum(["button", "kernel", "none"], "none").tag(sync=True)

    part = traitlets.Unicode("").tag(sync=True)
    """Which part of the view this is (see :mod:`lgstream.widgets.panels`); ``""``: all of it."""

    def __init__(self, stop_mode: str = "none", on_stop: Callable[[], None] | None = None) -> None:
        super().__init__(stop_mode=stop_mode, layout=Layout(width="100%"))  # its width is given, not its content's
        self._transport = Transport(self.send)
        self._on_stop = on_stop
        self.on_answer: Callable[[str, Any], None] | None = None
        """Called with interrupt id and answer when the reader sends a form; None while nobody waits."""
        self.on_msg(self._receive)

    @property
    def operations(self) -> list[Operation]:
        """All that was pushed, in order."""
        return self._transport.operations

    def push(self, ops: Iterable[Operation]) -> None:
        """Send operations, in order. One thread at a time."""
        self._transport.push(ops)

    def tell_seq(self) -> None:
        """Let the front end know how many frames there are."""
        self.last_seq = self._transport.last_seq

    def reopen(self, stop_mode: str, on_stop: Callable[[], None] | None) -> None:
        """The run goes on after its end: it was interrupted, and is resumed."""
        self.ops_final = ""
        self._on_stop = on_stop
        self.stop_mode = stop_mode

    def keep(self, ops: Sequence[Operation]) -> None:
        """Have the whole run, told by ``ops``, as state: for views that open later, and for saved widget state."""
        self.ops_final = json.dumps(compact(ops, time_resolution(ops)), ensure_ascii=False, allow_nan=False)

    def end(self) -> None:
        """The run is over: nothing to stop, no further frame."""
        self._on_stop = None
        self.stop_mode = "none"
        self.tell_seq()

    def _receive(self, widget: Any, content: Any, buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "resync" and isinstance(after := content.get("after"), int):
            self._transport.resync(after)
        elif kind == "stop" and (stop := self._on_stop) is not None:
            stop()
        elif kind == "answer" and isinstance(asked := content.get("id"), str) and (hear := self.on_answer) is not None:
            hear(asked, content.get("value"))
