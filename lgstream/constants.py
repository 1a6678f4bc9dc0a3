"""Names of virtual nodes and tags."""

from __future__ import annotations

import sys
from typing import Final

START: Final = sys.intern("__start__")
"""The virtual node before the first node: edges from it lead to the nodes that receive the input."""
END: Final = sys.intern("__end__")
"""The virtual node after the last node: a branch of the graph that reaches it ends."""
TAG_NOSTREAM: Final = sys.intern("nostream")
"""Tag of chat models, calls or runs whose tokens are not streamed (reference rule 29)."""
TAG_HIDDEN: Final = sys.intern("langsmith:hidden")
"""Tag that hides a node from traces; it has no effect on streams."""

__all__ = ["END", "START", "TAG_HIDDEN", "TAG_NOSTREAM"]
