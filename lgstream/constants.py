"""Names that graphs are written with."""

from __future__ import annotations

import sys
from typing import Final

START: Final = sys.intern("__start__")
"""The virtual node that a graph's input comes from."""
END: Final = sys.intern("__end__")
"""The virtual node that ends a branch of the graph."""
TAG_NOSTREAM: Final = sys.intern("nostream")
"""A tag on a chat model, a call or a run: its tokens are not streamed (reference rule 29)."""
TAG_HIDDEN: Final = sys.intern("langsmith:hidden")
"""A tag that keeps a node out of traces; it has no effect on streams."""

__all__ = ["END", "START", "TAG_HIDDEN", "TAG_NOSTREAM"]
