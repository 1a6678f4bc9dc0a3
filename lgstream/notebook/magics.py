"""``%load_ext lgstream``: ``%%watch`` for a cell, ``%lgstream on`` for the whole notebook.

``%%watch`` at the top of a cell shows every graph run in it, the cell's code unchanged, top-level ``await`` included.
Runs of lgstream's graphs are shown by :func:`lgstream.sinks.attach`. For those of langgraph's, ``Pregel.stream`` and
``Pregel.astream`` are replaced while the cell runs and put back at its end. A run inside a node of another is part of
the outer view.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any

from lgstream.notebook.cell_watcher import seen

MARK = re.compile(r"\s*%%watch[ \t]*(?P<rest>[^\n]*)(?:\n|$)")
STATES = {"on": True, "off": False}


class Extension:
    """What ``%load_ext lgstream`` adds to one IPython shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.everywhere = False
        self._watched = ExitStack()

    def load(self) -> None:
        """Add the magics."""
        self.shell.input_transformers_cleanup.append(self.unmark)
        self.shell.events.register("pre_run_cell", self.before)
        self.shell.events.register("post_run_cell", self.after)
        self.shell.register_magic_function(self.line, "line", "lgstream")

    def unload(self) -> None:
        """Take them away again."""
        self._watched.close()
        self.shell.input_transformers_cleanup.remove(self.unmark)
        self.shell.events.unregister("pre_run_cell", self.before)
        self.shell.events.unregister("post_run_cell", self.after)
        del self.shell.magics_manager.magics["line"]["lgstream"]

    def unmark(self, lines: list[str]) -> list[str]:
        """The cell without ``%%watch``, its lines where they were: so it may use ``await`` as any cell."""
        for at, line in enumerate(lines):
            if line.strip():
                if (found := MARK.match(line)) is None:
                    return lines
                if found["rest"].strip():
                    raise SyntaxError(f"%%watch takes nothing, and is given {found['rest'].strip()!r}.")
                return [*lines[:at], "\n", *lines[at + 1 :]]
        return lines

    def before(self, info: Any) -> None:
        """A cell is about to run."""
        self._watched.close()
        if self.everywhere or MARK.match(info.raw_cell or "") is not None:
            self._watched.enter_context(seen())

    def after(self, result: Any) -> None:
        """It has run."""
        self._watched.close()

    def line(self, line: str) -> None:
        """``%lgstream on`` shows the graph runs of every cell from the next on, ``off`` no longer, ``status`` says."""
        word = line.strip() or "status"
        if word not in (*STATES, "status"):
            raise ValueError(f"%lgstream takes on, off or status, not {word!r}.")
        self.everywhere = STATES.get(word, self.everywhere)
        print(f"lgstream: {'every cell is' if self.everywhere else 'cells with %%watch are'} watched")


_LOADED = "_lgstream_extension"


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext lgstream``; a second time does nothing."""
    if not hasattr(ipython, _LOADED):
        extension = Extension(ipython)
        extension.load()
        setattr(ipython, _LOADED, extension)


def unload_ipython_extension(ipython: Any) -> None:
    """``%unload_ext lgstream``."""
    if (extension := getattr(ipython, _LOADED, None)) is not None:
        extension.unload()
        delattr(ipython, _LOADED)
