"""One run, event by event, as rows: composes the small folds in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lgstream.events import (
    CallFinished,
    CallStarted,
    CheckpointSaved,
    Custom,
    Event,
    GraphFinished,
    GraphStarted,
    Interrupted,
    Message,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskRetried,
    TaskStarted,
    Token,
    ToolFinished,
    ToolOutputDelta,
    ToolStarted,
    Update,
    Values,
)  # fmt: skip
from lgstream.views.fold.called_graphs import CalledGraphFold
from lgstream.views.fold.calls import CallFold
from lgstream.views.fold.custom_writes import CustomWriteFold
from lgstream.views.fold.interrupts import BREAKPOINT_ID
from lgstream.views.fold.messages import MessageFold
from lgstream.views.fold.nodes import TreeFold
from lgstream.views.fold.run_row import RunRowFold
from lgstream.views.fold.state import StateFold
from lgstream.views.fold.tables import Tables, TableStore
from lgstream.views.fold.timeline import TimelineFold
from lgstream.views.fold.tools import ToolFold
from lgstream.views.rows import Operation


class RunFold:
    """Folds the events of one run, in order, to rows, and returns the operations that changed them.

    A pure fold: no clock except ``event.time``, no thread, no IO, and the same operations for the same events. The cost
    of an event depends neither on the length of the run nor on the size of its values. Not thread-safe.

    Example:
        >>> fold = RunFold()
        >>> for event in events:
        ...     fold.fold(event)
        >>> operations = fold.take_operations()
        >>> fold.tables["run"]["run"]["status"]
        'done'
    """

    def __init__(self) -> None:
        self._store = store = TableStore()
        self._run_row = run_row = RunRowFold(store)
        self._has_rows = False
        self._tree = tree = TreeFold(store)
        self._timeline = timeline = TimelineFold(store, tree)
        self._calls = calls = CallFold(store, tree, timeline)
        tools = ToolFold(store, tree, timeline)
        called_graphs = CalledGraphFold(timeline, tools)
        messages = MessageFold(store, tree, timeline, calls, tools)
        custom_writes = CustomWriteFold(store, tree, timeline, tools)
        state = StateFold(store, timeline)
        self._handlers: dict[type[Event], tuple[Callable[[Any], None], ...]] = {
            RunStarted: (run_row.on_run_started, timeline.on_run_started),
            GraphStarted: (called_graphs.on_graph_started,),
            TaskStarted: (timeline.on_task_started,),
            CallStarted: (calls.on_call_started,),
            Token: (calls.on_token,),
            Message: (messages.on_message,),
            CallFinished: (calls.on_call_finished,),
            ToolStarted: (tools.on_tool_started,),
            ToolOutputDelta: (custom_writes.on_tool_output,),
            ToolFinished: (tools.on_tool_finished,),
            Custom: (custom_writes.on_custom,),
            TaskRetried: (timeline.on_task_retried,),
            Update: (timeline.on_update, state.on_update, messages.on_update),
            TaskFinished: (calls.on_task_finished, tools.on_task_finished, timeline.on_task_finished),
            Interrupted: (run_row.on_interrupted, timeline.on_interrupted),
            Values: (timeline.on_state_known, messages.on_values, state.on_values),
            CheckpointSaved: (timeline.on_state_known, run_row.on_checkpoint_saved),
            GraphFinished: (called_graphs.on_graph_finished,),
            RunFinished: (
                custom_writes.on_run_finished,
                calls.on_run_finished,
                tools.on_run_finished,
                timeline.on_run_finished,
                state.on_run_finished,
                run_row.on_run_finished,
            ),
        }

    @property
    def tables(self) -> Tables:
        """The current rows: table -> row id -> row. Not to be changed by the caller.

        They are always what :func:`lgstream.views.fold.replay.apply_operations` makes of all operations so far.
        """
        return self._store.tables

    def __call__(self, event: Event) -> list[Operation]:
        """Fold one event and return its operations."""
        self.fold(event)
        return self._store.take_operations()

    def fold(self, event: Event) -> None:
        """Fold one event. Texts of successive events are merged until the operations are taken."""
        self._store.advance_to(event.time)
        if not self._has_rows:
            self._add_first_rows(event)
        for handler in self._handlers.get(type(event), ()):
            handler(event)
        self._calls.flush_if_due()

    def fold_text_tokens(self, events: Sequence[Token], texts: Sequence[str]) -> None:
        """Fold successive tokens of one call that contain only text, with the same result as :meth:`fold` for each.

        Args:
            events: the tokens, at least one.
            texts: their texts, see :func:`lgstream.views.fold.message_content.text_only`.
        """
        self._store.advance_to(events[0].time)
        if not self._has_rows:
            self._add_first_rows(events[0])
        self._calls.on_text_tokens(events, texts)
        self._calls.flush_if_due()

    def flush(self) -> None:
        """Put the counts and arguments that are held back while tokens come; for when no event came for a while."""
        self._calls.flush_all()

    def set_accepts_answers(self, accepts_answers: bool) -> None:
        """Note whether the forms of the run's questions can be sent."""
        self._store.put("run", "run", asks=accepts_answers)

    def remove_question(self, question_id: str) -> None:
        """Note that a question was answered; the run continues when all are.

        Args:
            question_id: the id of the interrupt, or :data:`lgstream.views.fold.interrupts.BREAKPOINT_ID`.
        """
        if question_id == BREAKPOINT_ID:
            self._run_row.remove_breakpoint()
        else:
            self._timeline.remove_question(question_id)

    def take_operations(self) -> list[Operation]:
        """Return the operations since the last call, in the order of their times."""
        return self._store.take_operations()

    def _add_first_rows(self, event: Event) -> None:
        """Put the rows that every run has, whatever its first event."""
        self._has_rows = True
        self._run_row.add_row(event.time)
        self._tree.add_root()
