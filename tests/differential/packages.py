"""The two packages, each as a namespace of the public names that the programs use."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Literal

PackageName = Literal["langgraph", "lgstream"]

_NAMES = {
    "callbacks": ("GraphCallbackHandler",),
    "channels": ("AnyValue", "BinaryOperatorAggregate", "EphemeralValue", "LastValue", "Topic", "UntrackedValue"),
    "config": ("get_config", "get_store", "get_stream_writer"),
    "constants": ("END", "START", "TAG_HIDDEN", "TAG_NOSTREAM"),
    "errors": (
        "EmptyChannelError", "EmptyInputError", "GraphBubbleUp", "GraphDrained", "GraphInterrupt",
        "GraphRecursionError", "InvalidUpdateError", "NodeCancelledError", "NodeError", "NodeTimeoutError",
        "ParentCommand",
    ),
    "func": ("entrypoint", "task"),
    "graph": ("MessagesState", "StateGraph", "add_messages"),
    "managed": ("IsLastStep", "RemainingSteps"),
    "prebuilt": ("ToolNode", "ToolRuntime", "create_react_agent"),
    "runtime": ("RunControl", "Runtime", "get_runtime"),
    "types": (
        "CachePolicy", "Command", "Interrupt", "Overwrite", "RetryPolicy", "Send", "StateUpdate", "StreamWriter",
        "TimeoutPolicy", "interrupt",
    ),
}  # fmt: skip


@cache
def package(name: PackageName) -> SimpleNamespace:
    """Return the namespace of a package: ``package("lgstream").StateGraph``."""
    namespace = {}
    for module, names in _NAMES.items():
        imported = import_module(f"{name}.{module}")
        namespace.update({attribute: getattr(imported, attribute) for attribute in names})
    return SimpleNamespace(**namespace)
