"""The state after each superstep, and what each task changed in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from lgstream.events import RunFinished, Update, Values
from lgstream.inspection.classes import is_scalar
from lgstream.inspection.containers import container_base, dict_items
from lgstream.inspection.description import describe
from lgstream.inspection.fields import shown_fields
from lgstream.inspection.json_preview import MAX_DIFF_CHARS, MAX_STATE_VALUE_CHARS, json_line
from lgstream.inspection.messages import is_message, message_id
from lgstream.inspection.text import bounded_text, plain_text
from lgstream.redaction import current_redactor
from lgstream.views.fold.records import GraphRun, TaskRecord
from lgstream.views.fold.tables import TableStore
from lgstream.views.fold.timeline import TimelineFold
from lgstream.views.text.format import format_count

MAX_KEYS = 40
"""Keys of a state or an update that are shown."""

MAX_KEY_CHARS = 100

MAX_NEW_ITEMS = 20
"""Items appended to a list that a diff looks at."""


class StateFold:
    """Maintains ``values`` and ``messages`` of the step rows and ``diff`` of the task rows.

    What a task wrote is known from its :class:`Update`, but with a reducer the result is known only from the
    :class:`Values` after the superstep. So a diff is put at once, and corrected where the two differ.
    """

    def __init__(self, store: TableStore, timeline: TimelineFold) -> None:
        self._store = store
        self._timeline = timeline

    def on_update(self, event: Update) -> None:
        task = self._timeline.task_of(event)
        if task is None:
            return
        written = task.written_values
        for update in islice(state_updates(event.data), MAX_KEYS):
            written.update((key, value) for key, value in state_items(update) if len(written) < MAX_KEYS)
        self._put_diff(task, written)

    def on_values(self, event: Values) -> None:
        graph_run = self._timeline.graph_run(event.ns)
        if not graph_run.step_row or event.step > graph_run.step:  # the input, or the start of a resumed run
            self._timeline.add_step_row(graph_run, event.step)
            self._store.put("step", graph_run.step_row, ended=self._store.now)
        is_earlier_step = event.step < graph_run.step  # a resumed run begins with the state that it continues from
        state = dict(islice(state_items(event.data), MAX_KEYS))
        for task in graph_run.step_tasks:
            self._put_diff(task, state)
            task.written_values = {}
        graph_run.state = state
        graph_run.state_previews = {key: json_line(value) for key, value in state.items()}
        if is_earlier_step:
            return
        values = {key: json_line(value, MAX_STATE_VALUE_CHARS) for key, value in state.items()}
        self._store.put("step", graph_run.step_row, values=values)
        messages_key = next((key for key, value in state.items() if holds_messages(value)), "")
        if messages_key:
            self._store.put("step", graph_run.step_row, messages=messages_key)

    def on_run_finished(self, event: RunFinished) -> None:
        """Put the result of a run without any ``Values`` event as its final state."""
        root = self._timeline.root
        if event.result is None or root.state_previews:
            return
        if not root.step_row:
            self._timeline.add_step_row(root, 0)
        result = islice(state_items(event.result), MAX_KEYS)
        values = {key: json_line(value, MAX_STATE_VALUE_CHARS) for key, value in result}
        self._store.put("step", root.step_row, values=values)

    def _put_diff(self, task: TaskRecord, state: Mapping[str, Any]) -> None:
        written = [key for key in task.written_values if key in state]
        changes = [[key, *describe_change(task.graph_run, key, state[key])] for key in written]
        diff = [[key, old, new] for key, old, new in changes if old != new or len(new) >= MAX_DIFF_CHARS]
        if diff or task.has_diff:
            task.has_diff = True
            self._store.put("task", task.id, diff=diff)


def describe_change(graph_run: GraphRun, key: str, after: Any) -> tuple[str, str]:
    """Return short texts of a state key before and after the superstep; of a list that grew, only the new items."""
    if key not in graph_run.state_previews:
        return "", json_line(after)
    before = graph_run.state.get(key)
    if type(before) is list and type(after) is list and is_extension(before, after):
        new_items = json_line(list(islice(after, len(before), len(before) + MAX_NEW_ITEMS)), MAX_DIFF_CHARS - 20)
        return format_count(len(before), "item"), f"{format_count(len(after), 'item')}, new: {new_items}"
    return graph_run.state_previews[key], json_line(after)


def is_extension(before: list[Any], after: list[Any]) -> bool:
    """Return True if ``after`` looks like ``before`` with items appended, judging by the ends of ``before``."""
    if not before or len(after) <= len(before):
        return False
    return all(_is_same_item(before[index], after[index]) for index in (0, len(before) - 1))


def holds_messages(value: Any) -> bool:
    """Return True if ``value`` is a list of chat messages, judging by its last item."""
    if container_base(type(value)) is not list or not list.__len__(value):
        return False
    last = list.__getitem__(value, -1)
    return is_message(last) or (type(last) is dict and "role" in last and "content" in last)


def state_updates(data: Any) -> Iterator[Any]:
    """Yield the updates of an ``Update`` event: one, or the items of a list if a key was written twice."""
    return iter(data) if type(data) is list else iter((data,))


def state_items(data: Any) -> Iterator[tuple[str, Any]]:
    """Yield keys and values of a state or an update: of a mapping or a record; any other value has the key "value"."""
    if data is None:
        return
    if container_base(type(data)) is dict:
        # A list, as the run may change the dict while it is read.
        pairs: Iterable[tuple[Any, Any]] = list(islice(dict_items(data), MAX_KEYS))
    elif (fields := shown_fields(data)) is not None and not is_message(data):
        pairs = fields.items()
    else:
        pairs = (("value", data),)
    redactor = current_redactor()
    for key, value in pairs:
        text = plain_text(key)
        name = bounded_text(describe(key) if text is None else text, MAX_KEY_CHARS)
        yield name, value if redactor is None else redactor.value(name, value)


def _is_same_item(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if is_message(a) and is_message(b):
        return message_id(a) is not None and message_id(a) == message_id(b)
    return type(a) is type(b) and is_scalar(type(a)) and bool(a == b)
