"""The payloads of ``stream_mode="tools"`` (reference rule 57)."""

from __future__ import annotations

from typing import Any, Final

from lgstream.events import ToolFinished, ToolOutputDelta, ToolStarted
from lgstream.inspection.classes import derives
from lgstream.inspection.description import error_text

_TAG_NOSTREAM: Final = "nostream"  # from lgstream.constants, whose imports need langchain

ToolEvent = ToolStarted | ToolOutputDelta | ToolFinished


class ToolPayloads:
    """Makes the payloads of the tool calls of one stream."""

    def __init__(self) -> None:
        self._hidden_calls: set[tuple[str, str]] = set()  # task id, call id

    def payload(self, event: ToolEvent) -> dict[str, Any] | None:
        """Return the payload of an event; None if it has none.

        Calls with the tag ``nostream`` have none, and neither has the end of a call that is only paused.
        """
        call = event.task_id, event.call_id
        if isinstance(event, ToolStarted):
            if _TAG_NOSTREAM in event.tags:
                self._hidden_calls.add(call)
                return None
            payload = {"event": "tool-started", "tool_call_id": event.call_id, "tool_name": event.name}
            return {**payload, "input": event.input} if derives(type(event.input), dict) else payload
        if call in self._hidden_calls:
            if isinstance(event, ToolFinished):
                self._hidden_calls.discard(call)
            return None
        if isinstance(event, ToolOutputDelta):
            return {"event": "tool-output-delta", "tool_call_id": event.call_id, "delta": event.delta}
        if event.error is None:
            return {"event": "tool-finished", "tool_call_id": event.call_id, "output": event.output}
        if event.paused:
            return None
        return {"event": "tool-error", "tool_call_id": event.call_id, "message": error_text(event.error)}
