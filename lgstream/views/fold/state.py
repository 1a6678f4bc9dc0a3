"""The state: what it was after each superstep, and what each task changed in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from lgstream.events import RunFinished, Update, Values
from lgstream.views.fold.records import Scope, Task
from lgstream.views.fold.tables import Ledger
from lgstream.views.fold.timeline import Timeline
from lgstream.views.text.format import clean, cut
from lgstream.views.text.json_preview import SHORT, VALUE, fields, is_message, short

KEYS = 40
"""Keys of a state or an update that are shown."""


class State:
    """Keeps ``values`` and ``messages`` of the step rows and ``diff`` of the task rows.

    What a task wrote is known at its :class:`Update`; what became of it, with a reducer, only at the :class:`Values`
    after the superstep. So a diff is shown at once and put right where the two differ.
    """

    def __init__(self, ledger: Ledger, timeline: Timeline) -> None:
        self._ledger = ledger
        self._timeline = timeline

    def update(self, event: Update) -> None:
        task = self._timeline.task(event)
        if task is None:
            return
        written = event.data if isinstance(event.data, list) else [event.data]
        for part in written[:KEYS]:
            task.wrote.update((key, value) for key, value in keys(part) if len(task.wrote) < KEYS)
        self._diff(task, task.wrote)

    def values(self, event: Values) -> None:
        scope = self._timeline.scope(event.ns)
        if not scope.row or event.step > scope.step:  # the input, or the state that a resumed run starts from
            self._timeline.step(scope, event.step)
            self._ledger.put("step", scope.row, ended=self._ledger.t)
        earlier = event.step < scope.step  # a resumed run tells what it goes on from
        after = dict(islice(keys(event.data), KEYS))
        for task in scope.turn:
            self._diff(task, after)
            task.wrote = {}
        scope.values = after
        scope.brief = {key: short(value) for key, value in after.items()}
        if earlier:
            return
        shown = {key: short(value, VALUE) for key, value in after.items()}
        self._ledger.put("step", scope.row, values=shown)
        chat = next((key for key, value in after.items() if holds_messages(value)), "")
        if chat:
            self._ledger.put("step", scope.row, messages=chat)

    def run_finished(self, event: RunFinished) -> None:
        """A run of which no state was seen still has a result to show."""
        root = self._timeline.root
        if event.result is None or root.brief:
            return
        if not root.row:
            self._timeline.step(root, 0)
        self._ledger.put("step", root.row, values={k: short(v, VALUE) for k, v in islice(keys(event.result), KEYS)})

    def _diff(self, task: Task, after: Mapping[str, Any]) -> None:
        changes = [[key, *change(task.scope, key, after[key])] for key in task.wrote if key in after]
        diff = [[key, old, new] for key, old, new in changes if old != new or len(new) >= SHORT]
        if diff or task.diffed:
            task.diffed = True
            self._ledger.put("task", task.id, diff=diff)


def change(scope: Scope, key: str, after: Any) -> tuple[str, str]:
    """Short texts of a key before the superstep and after it; of a list that grew, only what it grew by."""
    if key not in scope.brief:
        return "", short(after)
    before = scope.values.get(key)
    if isinstance(before, list) and isinstance(after, list) and grew(before, after):
        new = short(list(islice(after, len(before), len(before) + 20)), SHORT - 20)
        return _items(len(before)), f"{_items(len(after))}, new: {new}"
    return scope.brief[key], short(after)


def grew(before: list[Any], after: list[Any]) -> bool:
    """Whether ``after`` is ``before`` with items appended, as far as the ends tell."""
    if not before or len(after) <= len(before):
        return False
    return all(_same(before[i], after[i]) for i in (0, len(before) - 1))


def holds_messages(value: Any) -> bool:
    """Whether ``value`` is a list of chat messages, by its last item."""
    if not isinstance(value, list) or not value:
        return False
    last = value[-1]
    return is_message(last) or (isinstance(last, dict) and "role" in last and "content" in last)


def keys(data: Any) -> Iterator[tuple[str, Any]]:
    """Keys and values of a state or an update: a dict's, a record's; a bare value is one key without a name."""
    if data is None:
        return
    if isinstance(data, Mapping):
        pairs: Iterable[tuple[Any, Any]] = list(islice(data.items(), KEYS))  # at once: the run may change it meanwhile
    else:
        pairs = fields(data) or (("value", data),)
    for key, value in pairs:
        yield cut(clean(str(key)), 100), value


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if is_message(a) and is_message(b):
        return a.id is not None and a.id == b.id
    return type(a) is type(b) and isinstance(a, str | int | float | bool) and bool(a == b)


def _items(number: int) -> str:
    return f"{number:,} item{'' if number == 1 else 's'}"
