"""The names of LangGraph that lgstream leaves out by decision, and what to use instead.

``docs/differences.md`` gives the decisions. A module that would have such a name calls :func:`missing_attribute` in its
``__getattr__``: the error of an import then says more than that the name does not exist.
"""

from __future__ import annotations

import sys
from opcode import opmap
from types import FrameType
from typing import Final

_BUILDER = "use StateGraph from lgstream.graph"
_DELTA = "use LastValue, or a reducer: Annotated[list, operator.add]"
_EVENT_STACK = "use graph.stream() or graph.astream() with stream_mode=..., or sinks= to receive events"
_PAYLOAD = "use StreamPart from lgstream.types, the type of the chunks of every stream mode"
_REMOTE = "use RemoteGraph from langgraph.pregel.remote; watch() shows graphs of langgraph, too"
_TASK = "use PregelTask from lgstream.types, which state snapshots contain"
_TRACING = "use langchain's callbacks to decide what is traced"
_UI = "use get_stream_writer() from lgstream.config, whose chunks stream_mode='custom' yields"

_EVENT_STACK_NAMES = (
    "AsyncGraphRunStream",
    "AsyncSubgraphRunStream",
    "CheckpointsTransformer",
    "CustomTransformer",
    "DebugTransformer",
    "GraphRunStream",
    "LifecyclePayload",
    "LifecycleTransformer",
    "ProtocolEvent",
    "StreamChannel",
    "StreamTransformer",
    "SubgraphRunStream",
    "SubgraphStatus",
    "SubgraphTransformer",
    "TasksTransformer",
    "UpdatesTransformer",
)

_PAYLOAD_NAMES = (
    "CheckpointPayload",
    "CheckpointStreamPart",
    "CheckpointTask",
    "CustomStreamPart",
    "DebugPayload",
    "DebugStreamPart",
    "MessagesStreamPart",
    "TaskPayload",
    "TaskResultPayload",
    "TasksStreamPart",
    "UpdatesStreamPart",
    "ValuesStreamPart",
)

_UI_NAMES = (
    "AnyUIMessage",
    "RemoveUIMessage",
    "UIMessage",
    "delete_ui_message",
    "push_ui_message",
    "ui_message_reducer",
)

ALTERNATIVES: dict[str, dict[str, str]] = {
    "lgstream.channels": {"DeltaChannel": _DELTA},
    "lgstream.channels.delta": {"DeltaChannel": _DELTA},
    "lgstream.errors": {"ErrorCode": "catch the exception classes of lgstream.errors; messages contain no codes"},
    "lgstream.graph.ui": dict.fromkeys(_UI_NAMES, _UI),
    "lgstream.prebuilt": {"ToolCallTransformer": _EVENT_STACK},
    "lgstream.pregel": {"NodeBuilder": _BUILDER, "RemoteGraph": _REMOTE},
    "lgstream.pregel.main": {"NodeBuilder": _BUILDER},
    "lgstream.pregel.remote": {"RemoteException": _REMOTE, "RemoteGraph": _REMOTE},
    "lgstream.pregel.types": {"PregelExecutableTask": _TASK},
    "lgstream.stream": dict.fromkeys(_EVENT_STACK_NAMES, _EVENT_STACK),
    "lgstream.types": {
        "PregelExecutableTask": _TASK,
        "TracePolicy": _TRACING,
        "omit_payload": _TRACING,
        **dict.fromkeys(_PAYLOAD_NAMES, _PAYLOAD),
    },
}
"""What to use instead, by module and name."""


_IMPORT_FROM: Final = opmap["IMPORT_FROM"]


def missing_attribute(module: str, name: str) -> AttributeError | ImportError:
    """Return the error of a module's ``__getattr__`` where the module does not have the name.

    For ``from module import name`` where the name is left out by decision, that is an ImportError, because Python
    replaces the message of an AttributeError. ``hasattr()`` and ``getattr()`` with a default need an AttributeError.
    No class can be both: the two have different layouts in memory.
    """
    alternative = ALTERNATIVES.get(module, {}).get(name)
    if alternative is None:
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    message = f"lgstream has no {name}: {alternative}. See docs/differences.md."
    if _is_importing(sys._getframe(2)):  # noqa: SLF001 - the frame that asked the module's `__getattr__`
        return ImportError(message, name=module)
    return AttributeError(message)


def _is_importing(frame: FrameType) -> bool:
    """Return True if a frame executes ``from ... import ...`` at this moment."""
    return frame.f_code.co_code[frame.f_lasti] == _IMPORT_FROM
