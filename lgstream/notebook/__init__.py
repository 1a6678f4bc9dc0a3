"""Runs in a notebook cell: watched live, and kept in it as text when they are over."""

from lgstream.notebook.nest import nest_asyncio
from lgstream.notebook.run import Run
from lgstream.notebook.watch import awatch, watch

__all__ = ["Run", "awatch", "nest_asyncio", "watch"]
