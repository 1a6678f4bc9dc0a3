"""The magics of ``%load_ext lgstream``: ``%%watch`` for one cell, ``%lgstream on`` for the whole notebook.

``%%watch`` at the top of a cell shows every graph run in that cell. The code of the cell is unchanged and may use
``await`` at the top level. Runs of lgstream's graphs are shown by :func:`lgstream.sinks.attach`. For runs of
langgraph's graphs, ``Pregel.stream`` and ``Pregel.astream`` are replaced while the cell runs and restored at its end. A
run inside a node of another run is part of the outer view.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any

from lgstream.notebook.cell_watcher import watch_cell

WATCH_MAGIC = re.compile(r"\s*%%watch[ \t]*(?P<rest>[^\n]*)(?:\n|$)")
WATCHES_ALL_BY_WORD = {"on": True, "off": False}


class MagicsExtension:
    """Adds the magics to one IPython shell.

    Args:
        shell: the shell.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.watches_all_cells = False
        self._watcher = ExitStack()

    def load(self) -> None:
        """Add the magics."""
        self.shell.input_transformers_cleanup.append(self.remove_watch_magic)
        self.shell.events.register("pre_run_cell", self.before_cell)
        self.shell.events.register("post_run_cell", self.after_cell)
        self.shell.register_magic_function(self.lgstream_magic, "line", "lgstream")

    def unload(self) -> None:
        """Remove the magics."""
        self._watcher.close()
        self.shell.input_transformers_cleanup.remove(self.remove_watch_magic)
        self.shell.events.unregister("pre_run_cell", self.before_cell)
        self.shell.events.unregister("post_run_cell", self.after_cell)
        del self.shell.magics_manager.magics["line"]["lgstream"]

    def remove_watch_magic(self, lines: list[str]) -> list[str]:
        """Return the lines of a cell with ``%%watch`` replaced by an empty line, so that line numbers stay the same.

        The cell is then plain Python, and may use ``await`` like any other.

        Raises:
            SyntaxError: if ``%%watch`` is followed by arguments.
        """
        for index, line in enumerate(lines):
            if line.strip():
                if (match := WATCH_MAGIC.match(line)) is None:
                    return lines
                if match["rest"].strip():
                    raise SyntaxError(f"%%watch takes no arguments; remove {match['rest'].strip()!r}.")
                return [*lines[:index], "\n", *lines[index + 1 :]]
        return lines

    def before_cell(self, info: Any) -> None:
        """Start to watch the cell that is about to run, if it has the magic or all cells are watched."""
        self._watcher.close()
        if self.watches_all_cells or WATCH_MAGIC.match(info.raw_cell or "") is not None:
            self._watcher.enter_context(watch_cell())

    def after_cell(self, result: Any) -> None:
        """Stop watching the cell that has run."""
        self._watcher.close()

    def lgstream_magic(self, line: str) -> None:
        """Watch every cell from the next one on (``on``) or only cells with ``%%watch`` (``off``); print which it is.

        Raises:
            ValueError: if ``line`` is another word.
        """
        word = line.strip() or "status"
        if word not in (*WATCHES_ALL_BY_WORD, "status"):
            raise ValueError(f"%lgstream takes on, off or status, not {word!r}.")
        self.watches_all_cells = WATCHES_ALL_BY_WORD.get(word, self.watches_all_cells)
        print(f"lgstream: {'every cell is' if self.watches_all_cells else 'cells with %%watch are'} watched")


_EXTENSION_ATTRIBUTE = "_lgstream_extension"


def add_magics(ipython: Any) -> None:
    """Add the magics on ``%load_ext lgstream``. A second call has no effect."""
    if not hasattr(ipython, _EXTENSION_ATTRIBUTE):
        extension = MagicsExtension(ipython)
        extension.load()
        setattr(ipython, _EXTENSION_ATTRIBUTE, extension)


def remove_magics(ipython: Any) -> None:
    """Remove the magics on ``%unload_ext lgstream``."""
    if (extension := getattr(ipython, _EXTENSION_ATTRIBUTE, None)) is not None:
        extension.unload()
        delattr(ipython, _EXTENSION_ATTRIBUTE)
