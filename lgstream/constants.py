"""Names of virtual nodes and tags."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any, Final

from lgstream.warnings import LgstreamDeprecationWarning

if TYPE_CHECKING:
    from lgstream.types import Interrupt as Interrupt  # noqa: PLC0414 - exported for type checkers
    from lgstream.types import Send as Send  # noqa: PLC0414 - as above

START: Final = sys.intern("__start__")
"""The virtual node before the first node: edges from it lead to the nodes that receive the input."""
END: Final = sys.intern("__end__")
"""The virtual node after the last node: a branch of the graph that reaches it ends."""
TAG_NOSTREAM: Final = sys.intern("nostream")
"""Tag of chat models, calls or runs whose tokens are not streamed (reference rule 29)."""
TAG_HIDDEN: Final = sys.intern("langsmith:hidden")
"""Tag that hides a node from traces; it has no effect on streams."""

__all__ = ["END", "START", "TAG_HIDDEN", "TAG_NOSTREAM"]

if not TYPE_CHECKING:  # a type checker reports the names that are missing

    def __getattr__(name: str) -> Any:
        if name not in ("Interrupt", "Send"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from lgstream import types

        message = f"Import {name} from lgstream.types: in lgstream.constants it is only kept for older programs."
        warnings.warn(message, LgstreamDeprecationWarning, stacklevel=2)
        return getattr(types, name)
