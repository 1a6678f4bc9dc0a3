"""The RunView widget: sends operations to the front end in ``static/``, which shows the run."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import Layout

from lgstream.views.fold.replay import apply_operations
from lgstream.views.fold.tables import empty_tables
from lgstream.views.render.text import REPLACED_LATER, render_live_text
from lgstream.views.rows import Operation
from lgstream.views.saved.compact import compact
from lgstream.views.saved.run_data import time_resolution
from lgstream.widgets.protocol import OutputMessage
from lgstream.widgets.transport import Transport

STATIC = Path(__file__).parent / "static"


@cache
def _read_static(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


class RunView(anywidget.AnyWidget):
    """Shows one run in a notebook cell, from the operations that :meth:`push` receives.

    Messages from the front end may be handled in a thread of their own (a subshell of the kernel).

    Args:
        stop_mode: what the Stop button does while the run is running. ``"button"``: it sends a message, which calls
            ``on_stop``. ``"kernel"``: it tells the reader to interrupt the kernel, because a blocking cell cannot
            handle messages. ``"none"``: there is no button.
        on_stop: called when the reader presses Stop.
        graph: the name of the graph, for a view that is shown before the run starts.

    Attributes:
        on_answer: called with interrupt id and answer when the reader sends a form; None while no answer is expected.
        current_output: returns the output that shows the run, for a notebook that has missed it; None without one.
    """

    # As traits, and not as paths, which anywidget would watch for changes, with references to all views ever made.
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    last_seq = traitlets.Int(0).tag(sync=True)
    """The number of the last frame, set from time to time, so that the front end notices the loss of the last ones."""

    ops_final = traitlets.Unicode("").tag(sync=True)
    """JSON of all operations of the run, compacted; ``""`` until the run has ended."""

    stop_mode = traitlets.Enum(["button", "kernel", "none"], "none").tag(sync=True)

    part = traitlets.Unicode("").tag(sync=True)
    """The one panel that is shown (see :mod:`lgstream.widgets.panels`); ``""`` for the whole view."""

    live_id = traitlets.Unicode("").tag(sync=True)
    """The model id, which the front end does not learn otherwise: an output that refers to it shows this view."""

    output_version = traitlets.Dict().tag(sync=True)
    """The ``OutputVersion`` of the output that shows the run; empty before it is replaced for the first time."""

    _own_layout: Layout | None = None
    """The layout; None in a view whose constructor was refused its arguments, which Python also deletes."""

    _remark = REPLACED_LATER
    """What to do if only the text of an unfinished view is left."""

    def __init__(self, stop_mode: str = "none", on_stop: Callable[[], None] | None = None, graph: str = "") -> None:
        self._own_layout = Layout(width="100%")  # the width of the cell, not of the content
        model_id = uuid.uuid4().hex
        super().__init__(stop_mode=stop_mode, layout=self._own_layout, model_id=model_id, live_id=model_id)
        self._transport = Transport(self.send)
        self._on_stop = on_stop
        self._graph = graph
        self.on_answer: Callable[[str, Any], None] | None = None
        self.current_output: Callable[[], OutputMessage] | None = None
        self.on_msg(self._on_message)

    @traitlets.default("_esm")
    def _default_esm(self) -> str:
        return _read_static("runview.js")

    @traitlets.default("_css")
    def _default_css(self) -> str:
        return _read_static("runview.css")

    def close(self) -> None:
        """Remove the view from the page and from the kernel, with its layout."""
        super().close()
        self.current_output = None
        if self._own_layout is not None:
            self._own_layout.close()

    @property
    def operations(self) -> list[Operation]:
        """All operations that were pushed, in order."""
        return self._transport.operations

    @property
    def frame_count(self) -> int:
        """The number of frames that were sent: it grows with every change of the run."""
        return self._transport.last_seq

    def text(self) -> str:
        """Return the run as text, as far as it was pushed: what a viewer without widgets shows."""
        tables = apply_operations(empty_tables(), self.operations)
        return render_live_text(tables, self._graph or type(self).__name__, self._remark)

    __str__ = text

    def __repr__(self) -> str:
        row: dict[str, Any] = {}
        for operation in self.operations:
            if operation[1] == "run" and len(operation) == 4:
                row.update(operation[3])
        graph = row.get("graph", self._graph)
        facts = [fact for fact in (graph, row.get("status", "not started")) if fact]
        return f"{type(self).__name__}({', '.join(facts)})"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        if (bundle := super()._repr_mimebundle_(**kwargs)) is None:
            return None
        data, metadata = bundle
        return {**data, "text/plain": self.text()}, metadata

    def push(self, operations: Iterable[Operation]) -> None:
        """Send operations, in order. Must be called by one thread at a time."""
        self._transport.push(operations)

    def sync_last_seq(self) -> None:
        """Tell the front end the number of the last frame."""
        self.last_seq = self._transport.last_seq

    def reopen(self, stop_mode: str, on_stop: Callable[[], None] | None) -> None:
        """Continue after :meth:`finish`, for a run that was interrupted and is resumed; arguments as of the class."""
        self.ops_final = ""
        self._on_stop = on_stop
        self.stop_mode = stop_mode

    def persist(self, operations: Sequence[Operation]) -> None:
        """Set the operations of the whole run as state, for views opened later and for saved widget state."""
        compacted = compact(operations, time_resolution(operations))
        self.ops_final = json.dumps(compacted, ensure_ascii=False, allow_nan=False)

    def finish(self) -> None:
        """Note that the run has ended: remove the Stop button and tell the front end the last frame."""
        self._on_stop = None
        self.stop_mode = "none"
        self.sync_last_seq()

    def _on_message(self, widget: Any, content: Any, buffers: Any) -> None:
        """Handle a message from the front end, if it is one of ``FrontEndMessage``."""
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "resync" and isinstance(after := content.get("after"), int):
            self._transport.resync(after)
        elif kind == "stop" and (on_stop := self._on_stop) is not None:
            on_stop()
        elif kind == "get_output" and (current_output := self.current_output) is not None:
            self.send(current_output())
        elif (
            kind == "answer"
            and isinstance(interrupt_id := content.get("id"), str)
            and (on_answer := self.on_answer) is not None
        ):
            on_answer(interrupt_id, content.get("value"))
