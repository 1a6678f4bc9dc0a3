"""The running notebook cell: its kernel, its user and its output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lgstream.widgets.runview import RunView

WIDGET_MIME_TYPE = "application/vnd.jupyter.widget-view+json"

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


class CellOutput:
    """One output of the running cell: a live view at first, then replaced in place by a static output.

    Args:
        view: the view, which is displayed at once.
    """

    def __init__(self, view: RunView) -> None:
        from IPython.display import display

        self._view = view
        self._handle = display(view, display_id=True)  # type: ignore[no-untyped-call]

    def replace(self, mime_bundle: dict[str, Any], with_widget: bool) -> None:
        """Replace the output by ``mime_bundle``, and by the widget as well if ``with_widget`` is True.

        JupyterLab prefers the widget, and shows an error for it once the kernel that created it is gone.
        """
        data: dict[str, Any] = dict(mime_bundle)
        if with_widget:
            data[WIDGET_MIME_TYPE] = {"version_major": 2, "version_minor": 0, "model_id": self._view.model_id}
        self._handle.update(data, raw=True)
