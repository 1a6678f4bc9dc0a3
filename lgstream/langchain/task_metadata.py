"""What langchain passes on about a call: the place of its task, in the metadata, and its tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lgstream._reserved import NAMESPACE_SEPARATOR, TASK_ID_SEPARATOR
from lgstream.events import Namespace
from lgstream.inspection.classes import is_scalar, short_name
from lgstream.inspection.description import describe
from lgstream.inspection.text import plain_text

STEP_TAG_PREFIX = "graph:step:"
"""Prefix of a tag that only the chain run of a node itself has; chain runs inside the node have other tags."""


def namespace_and_task_id(metadata: Mapping[str, Any]) -> tuple[Namespace, str]:
    """Return the namespace and the task id in the metadata.

    Example:
        >>> namespace_and_task_id({"langgraph_checkpoint_ns": "sub:1|2|node:3"})
        (('sub:1', '2'), '3')
    """
    *ns, task = metadata["langgraph_checkpoint_ns"].split(NAMESPACE_SEPARATOR)
    path = metadata.get("langgraph_path", ())
    while len(path) > 3 and path[3] is True:  # a called task: its namespace names its caller, which is not a subgraph
        del ns[-1]
        path = path[1]
    return tuple(ns), task.rpartition(TASK_ID_SEPARATOR)[2]


def call_tags(tags: Sequence[str] | None) -> tuple[str, ...]:
    """Return the tags of a call without those that langchain adds to the steps of a sequence."""
    return tuple(tag for tag in tags or () if not (type(tag) is str and tag.startswith("seq:step")))


def event_tags(tags: Sequence[str] | None) -> tuple[str, ...]:
    """Return the same tags for an event, with texts in the place of those that are no texts."""
    return tuple(tag if type(tag) is str else _text_of_tag(tag) for tag in call_tags(tags))


def _text_of_tag(tag: Any) -> str:
    text = plain_text(tag)
    if text is not None:
        return text
    return describe(tag) if is_scalar(type(tag)) else f"<{short_name(type(tag))}>"
