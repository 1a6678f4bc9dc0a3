"""The keyword arguments of one call of a graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from lgstream._arguments import wrong_type
from lgstream._reserved import CONFIG_KEY_TASK_ID
from lgstream.graph.argument_checks import breakpoints, check_names
from lgstream.runtime import RunControl
from lgstream.sinks import Sink
from lgstream.types import All, Durability
from lgstream.warnings import rename_keywords

_DURABILITIES: Final[tuple[str, ...]] = get_args(Durability)


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

    def __post_init__(self) -> None:
        """Check the options that would be misread or ignored.

        Raises:
            TypeError: if an option is of a wrong type.
        """
        check_names("stream_mode", self.stream_mode, "a stream mode or a list of them")
        check_names("print_mode", self.print_mode, "a stream mode or a list of them")
        check_names("output_keys", self.output_keys, "a state key or a list of them")
        self.interrupt_before = breakpoints("interrupt_before", self.interrupt_before)
        self.interrupt_after = breakpoints("interrupt_after", self.interrupt_after)
        if self.control is not None and not hasattr(self.control, "drain_reason"):
            raise wrong_type("control", self.control, "a RunControl: control=RunControl()")

    @classmethod
    def from_keywords(cls, keywords: Mapping[str, Any], **defaults: Any) -> StreamOptions:
        """Return the options that are the keyword arguments of a call.

        Raises:
            TypeError: if a keyword is not an option, or an option is of a wrong type.
            ValueError: if the durability is unknown.
        """
        options = {name: value for name, value in keywords.items() if name in cls.__dataclass_fields__}
        others = {name: value for name, value in keywords.items() if name not in options}
        options["durability"] = resolve_durability(options.get("durability"), others, "invoke")
        return cls(**{**defaults, **options})


def default_stream_mode(graph_mode: Any, config: Mapping[str, Any] | None) -> Any:
    """Return the stream mode of a call without one: ``values`` if it is called with the config of a task.

    langgraph reads the output of a graph in a node from its stream, where a handler observes the chunks of runs.

    Args:
        graph_mode: the stream mode of the graph, for other calls.
        config: the config of the call.
    """
    is_node = config is not None and CONFIG_KEY_TASK_ID in (config.get("configurable") or ())
    return "values" if is_node else graph_mode


def resolve_durability(
    durability: Durability | None, other_keywords: Mapping[str, Any], function: str
) -> Durability | None:
    """Return the durability of a call, also if the caller passed the deprecated bool ``checkpoint_during`` instead.

    Args:
        durability: the durability that the caller passed, or None.
        other_keywords: the keyword arguments that are not options.
        function: the name of the called method, for messages.

    Raises:
        TypeError: if another keyword than ``checkpoint_during`` was passed.
        ValueError: if the durability is unknown.
    """
    if durability is not None and durability not in _DURABILITIES:
        allowed = ", ".join(map(repr, _DURABILITIES))
        raise ValueError(f"Unknown durability {durability!r}: use one of {allowed}.")
    if not other_keywords:
        return durability
    for name in other_keywords:
        if name != "checkpoint_during":
            allowed = ", ".join(StreamOptions.__dataclass_fields__)
            raise TypeError(
                f"{function}() got an unexpected keyword argument {name!r}: its keyword arguments are {allowed}."
            )
    renamed = rename_keywords(dict(other_keywords), {"checkpoint_during": "durability"}, "stream")
    return "async" if renamed["durability"] else "exit"
