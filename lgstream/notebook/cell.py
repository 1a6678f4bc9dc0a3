"""The output of a notebook cell."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lgstream.widgets.runview import RunView

log = logging.getLogger("lgstream.notebook")

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def shell() -> Any:
    """The IPython shell of a notebook's kernel; None in a terminal and in plain Python."""
    ipython = sys.modules.get("IPython")
    running = ipython.get_ipython() if ipython is not None else None
    return running if hasattr(running, "kernel") else None


def attended() -> bool:
    """Whether the running cell was sent by a front end with a human at it, not by a program that runs notebooks.

    Those (nbclient, nbmake, nbconvert) say that nothing can be typed for them.
    """
    running = shell()
    if running is None:
        return False
    request = running.kernel.get_parent()
    return bool((request or {}).get("content", {}).get("allow_stdin", True))


def hears() -> bool:
    """Whether a cell that awaits hears what its view sends: ipykernel before 7 keeps that for the end of the cell."""
    ipykernel = sys.modules.get("ipykernel")
    return ipykernel is not None and int(ipykernel.version_info[0]) >= 7


def cell_number() -> int | None:
    """The number of the cell that is running; None where there are no cells."""
    running = shell()
    return None if running is None else int(running.execution_count)


class Cell:
    """One output of the running cell: a live view at first, replaced in place by what is to be kept."""

    def __init__(self, view: RunView) -> None:
        from IPython.display import display

        self._view = view
        self._handle = display(view, display_id=True)  # type: ignore[no-untyped-call]

    def keep(self, forms: dict[str, Any], with_widget: bool) -> None:
        """Replace the output by ``forms``, by mime type; with the widget among them if so wished.

        JupyterLab shows the widget when it can, and an error when the kernel that has it is gone.
        """
        bundle: dict[str, Any] = dict(forms)
        if with_widget:
            bundle[WIDGET_MIME] = {"version_major": 2, "version_minor": 0, "model_id": self._view.model_id}
        self._handle.update(bundle, raw=True)
