"""The keyword arguments of one call of a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lgstream.runtime import RunControl
from lgstream.sinks import Sink
from lgstream.types import All, Durability
from lgstream.warnings import rename_keywords


@dataclass(slots=True)
class StreamOptions:
    """The keyword arguments of ``stream``, ``invoke`` and their async twins, as the caller passed them.

    :meth:`lgstream.graph.compiled.CompiledGraph.stream` documents them; None stands for the default of the graph.
    """

    context: Any = None
    stream_mode: Any = None
    print_mode: Any = ()
    output_keys: str | Sequence[str] | None = None
    interrupt_before: All | Sequence[str] | None = None
    interrupt_after: All | Sequence[str] | None = None
    durability: Durability | None = None
    subgraphs: bool = False
    debug: bool | None = None
    version: str = "v1"
    sinks: Sequence[Sink] = ()
    control: RunControl | None = None

    @classmethod
    def from_keywords(cls, keywords: Mapping[str, Any], **defaults: Any) -> StreamOptions:
        """Return the options among the keyword arguments of a call; unknown keywords are ignored (reference rule 7)."""
        options = {name: value for name, value in keywords.items() if name in cls.__dataclass_fields__}
        options["durability"] = resolve_durability(options.get("durability"), keywords)
        return cls(**{**defaults, **options})


def resolve_durability(durability: Durability | None, keywords: Mapping[str, Any]) -> Durability | None:
    """Return the durability of a call, also if the caller passed the deprecated bool ``checkpoint_during`` instead."""
    if "checkpoint_during" not in keywords:
        return durability
    deprecated = {"checkpoint_during": keywords["checkpoint_during"]}
    renamed = rename_keywords(deprecated, {"checkpoint_during": "durability"}, "stream")
    return "async" if renamed["durability"] else "exit"
