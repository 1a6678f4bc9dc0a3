"""Creates the langchain callback handlers that a run needs for the events that its subscribers want.

langchain and the handlers are imported only if a handler is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lgstream._langgraph import is_pregel_loaded
from lgstream.events import (
    CallFinished,
    CallStarted,
    Event,
    GraphFinished,
    GraphStarted,
    Message,
    Namespace,
    RetrieverFinished,
    RetrieverStarted,
    Token,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
)

if TYPE_CHECKING:
    from lgstream.langchain.graph_listener import GraphListener
    from lgstream.langchain.model_listener import ModelListener, TokenConsumerFactory
    from lgstream.langchain.tool_listener import ToolListener

MODEL_KINDS = frozenset((Token, Message, CallStarted, CallFinished))
"""The event classes that a :class:`ModelListener` emits. Models stream for it."""

TOOL_KINDS = frozenset(
    (ToolStarted, ToolOutputDelta, ToolFinished, RetrieverStarted, RetrieverFinished, CallStarted, GraphStarted)
)
"""The event classes that need a :class:`ToolListener`, some of them to know the tool call around them."""


GRAPH_KINDS = frozenset((GraphStarted, GraphFinished))
"""The event classes that need a :class:`GraphListener` for graphs of langgraph."""

LISTENED_KINDS = MODEL_KINDS | TOOL_KINDS | GRAPH_KINDS
"""The event classes that need a listener."""


class Listeners:
    """The handlers of one run, for the event classes that its subscribers want.

    Args:
        emit: receives the events.
        wants: the event classes that have a subscriber.
        field_consumer: see :class:`~lgstream.langchain.model_listener.ModelListener`; None if events are needed.
        is_for_nested_roots: True to listen to graphs that a node calls with a ``thread_id`` of their own, too.
    """

    _model_listener: ModelListener | None = None
    _tool_listener: ToolListener | None = None
    _graph_listener: GraphListener | None = None

    def __init__(
        self,
        emit: Callable[[Event], None],
        wants: frozenset[type],
        field_consumer: TokenConsumerFactory | None = None,
        is_for_nested_roots: bool = True,
    ) -> None:
        if wants & MODEL_KINDS:
            from lgstream.langchain.model_listener import ModelListener

            self._model_listener = ModelListener(emit, wants, field_consumer, is_for_nested_roots)
        if wants & TOOL_KINDS:
            from lgstream.langchain.tool_listener import ToolListener

            self._tool_listener = ToolListener(emit, wants, is_for_nested_roots)

        if wants & GRAPH_KINDS and is_pregel_loaded():
            from lgstream.langchain.graph_listener import GraphListener

            self._graph_listener = GraphListener(emit, is_for_nested_roots)

    @property
    def notice_namespace(self) -> Callable[[Namespace], None] | None:
        """The function to call with the namespaces of chunks of langgraph's graphs; None if it is not needed."""
        return self._graph_listener.notice_namespace if self._graph_listener is not None else None

    @property
    def handlers(self) -> list[Any]:
        """The callback handlers; empty if no subscriber wants events that need one."""
        listeners = (self._model_listener, self._tool_listener, self._graph_listener)
        return [listener for listener in listeners if listener is not None]

    def set_run_id(self, run_id: str) -> None:
        """Set the id of the run, which the events have."""
        for listener in self.handlers:
            listener.run_id = run_id

    def stop(self) -> None:
        """End model streams at their next token; see :meth:`ModelListener.stop`."""
        if self._model_listener is not None:
            self._model_listener.stop()
