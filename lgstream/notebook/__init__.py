"""Runs graphs in notebook cells: shows them live, and saves them in the notebook as static output."""

from lgstream.notebook.load import load, load_all
from lgstream.notebook.nest import nest_asyncio
from lgstream.notebook.run import Run
from lgstream.notebook.watch import awatch, watch

__all__ = ["Run", "awatch", "load", "load_all", "nest_asyncio", "watch"]
