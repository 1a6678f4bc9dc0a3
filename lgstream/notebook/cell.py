"""The running notebook cell: its kernel, its user and its output."""

from __future__ import annotations

import sys
import uuid
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from lgstream.views.saved.run_data import RUN_MIME_TYPE

if TYPE_CHECKING:
    from lgstream.widgets.protocol import OutputMessage, OutputVersion
    from lgstream.widgets.runview import RunView

WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json"

KEPT_VIEWS = 20
"""The number of runs after which the view of a run that is over is closed: a page that was loaded again may ask it."""

FIRST_CONCURRENT_IPYKERNEL = 7
"""The first major version of ipykernel that handles widget messages while a cell awaits."""


def kernel_shell() -> Any:
    """Return the IPython shell of a notebook's kernel; None in a terminal and in plain Python."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if hasattr(shell, "kernel") else None


def has_user() -> bool:
    """Return True if the running cell was sent by a front end with a user, not by a program that executes notebooks.

    Such programs (nbclient, nbmake, nbconvert) declare that nobody can type input for them.
    """
    shell = kernel_shell()
    if shell is None:
        return False
    request = shell.kernel.get_parent()
    return bool((request or {}).get("content", {}).get("allow_stdin", True))


def receives_messages_while_running() -> bool:
    """Return True if a cell that awaits receives messages from its view; older ipykernels defer them to its end."""
    ipykernel = sys.modules.get("ipykernel")
    return ipykernel is not None and int(ipykernel.version_info[0]) >= FIRST_CONCURRENT_IPYKERNEL


def cell_number() -> int | None:
    """Return the execution count of the running cell; None outside notebooks."""
    shell = kernel_shell()
    return None if shell is None else int(shell.execution_count)


class CellMonitor:
    """Knows whether a cell is running, from the events of an IPython shell, and which views are to be closed later.

    Args:
        shell: the shell, in which a cell is running now.
    """

    def __init__(self, shell: Any) -> None:
        self.is_running = True
        self._waiting: list[Callable[[], None]] = []
        self._closing: deque[Callable[[], None]] = deque()
        shell.events.register("pre_run_cell", self._begin_cell)
        shell.events.register("post_run_cell", self._end_cell)

    def call_in_next_cell(self, function: Callable[[], None]) -> None:
        """Call ``function`` once when the next cell begins."""
        if function not in self._waiting:
            self._waiting.append(function)

    def close_later(self, close: Callable[[], None]) -> None:
        """Call ``close``, which closes the view of a run that is over, when :data:`KEPT_VIEWS` more runs are over.

        May be called by any thread.
        """
        self._closing.append(close)
        while len(self._closing) > KEPT_VIEWS:
            self._closing.popleft()()

    def _begin_cell(self, info: Any) -> None:
        self.is_running = True
        waiting, self._waiting = self._waiting, []
        for function in waiting:
            function()

    def _end_cell(self, result: Any) -> None:
        self.is_running = False


_MONITOR_ATTRIBUTE = "_lgstream_cell_monitor"


def monitor_cells(shell: Any) -> CellMonitor:
    """Return the monitor of ``shell``, which is created by the first call."""
    monitor: CellMonitor | None = getattr(shell, _MONITOR_ATTRIBUTE, None)
    if monitor is None:
        monitor = CellMonitor(shell)
        setattr(shell, _MONITOR_ATTRIBUTE, monitor)
    return monitor


class CellOutput:
    """One output of the running cell: a live view at first, then replaced in place by a static output.

    Front ends find the output to replace by its display id. A program that executes a notebook (nbclient, nbmake,
    nbconvert) does the same, but reads only messages that name the running cell as their parent. The messages of a run
    that goes on after its cell has ended are therefore sent as those of the running cell, or of the next one.

    A page that was loaded again in the middle of the run no longer knows which output a message replaces. It compares
    the version in the metadata of its output with that of the view, and asks the view for the output if it is older.

    Args:
        view: the view, which is displayed at once.
        mime_bundle: the static forms of its run, which are displayed with it.

    Attributes:
        has_user: see :func:`has_user`.
    """

    def __init__(self, view: RunView, mime_bundle: dict[str, Any]) -> None:
        self._shell = kernel_shell()
        self._monitor = monitor_cells(self._shell)
        self._view = view
        self._display_id = uuid.uuid4().hex
        self._is_displayed = False
        self.has_user = has_user()
        self._render: Callable[[], dict[str, Any]] | None = None
        self._published = self._message(mime_bundle, True, 0)
        view.current_output = self._current
        self._publish()

    def replace(self, mime_bundle: dict[str, Any], with_widget: bool = False) -> None:
        """Replace the output by ``mime_bundle``, and by the widget as well if ``with_widget`` is True.

        JupyterLab prefers the widget, and shows an error for it once the kernel that created it is gone.
        """
        self._published = self._message(mime_bundle, with_widget, self._published["version"]["revision"] + 1)
        self._publish()

    def finish(self, render: Callable[[], dict[str, Any]], with_widget: bool) -> None:
        """Replace the output for the last time by what ``render`` returns, which is not kept in memory."""
        self.replace(render(), with_widget)
        if self.has_user:
            self._render = lambda: self._with_reference(render()) if with_widget else render()
            self._published = {**self._published, "data": {}}

    def close_later(self, close: Callable[[], None]) -> None:
        """Close the view by calling ``close``, but not yet: a page may still ask it for this output."""
        self._monitor.close_later(close)

    def _current(self) -> OutputMessage:
        """Return the output as it was published last. May be called by any thread."""
        published, render = self._published, self._render
        return published if render is None else {**published, "data": render()}

    def _message(self, mime_bundle: dict[str, Any], with_widget: bool, revision: int) -> OutputMessage:
        version: OutputVersion = {"id": self._display_id, "revision": revision}
        return {
            "kind": "output",
            "version": version,
            "data": self._with_reference(mime_bundle) if with_widget else mime_bundle,
            "metadata": {RUN_MIME_TYPE: version} if with_widget and self.has_user else {},
        }

    def _with_reference(self, mime_bundle: dict[str, Any]) -> dict[str, Any]:
        reference = {"version_major": 2, "version_minor": 0, "model_id": self._view.model_id}
        return {**mime_bundle, WIDGET_MIME_TYPE: reference}

    def _publish(self) -> None:
        if self.has_user:
            self._send()
            return
        if self._monitor.is_running or self._is_displayed:
            Context().run(self._send)  # ipykernel finds the running cell, not the one in which a task was created
        if not self._monitor.is_running:
            self._monitor.call_in_next_cell(self._send)

    def _send(self) -> None:
        output, is_update = self._published, self._is_displayed
        transient = {"display_id": self._display_id}
        self._shell.display_pub.publish(output["data"], output["metadata"], transient=transient, update=is_update)
        self._is_displayed = True
        if self.has_user and is_update:
            self._view.output_version = dict(output["version"])
