"""Runs from files: looked at again as if they had just been watched."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lgstream.events import Event, RunFinished, RunStarted
from lgstream.notebook.run import Run, Told
from lgstream.sinks import read_jsonl
from lgstream.views.saved.bundle import MIME, restore

Source = str | os.PathLike[str] | Mapping[str, Any]


class Found(NamedTuple):
    """A run, and where in its file it is."""

    run: Run
    place: str


def load(source: Source, which: int | None = None) -> Run:
    """The run in a saved notebook or in a file of :class:`lgstream.sinks.Jsonl`, to look at again.

    Shown by a cell it is the view that needs no kernel, ``run.widget()`` is the live one. From a JSONL file it has
    ``events`` and ``result``; a notebook keeps what was shown, and not those.

    Args:
        source: the path of a notebook (``.ipynb``) or of a JSONL file; or what a notebook's output holds under the mime
            type ``application/vnd.lgstream.run.v1+json``, a dict.
        which: of several runs, the number of the one, counted from 0 in their order; -1 is the last.

    Raises:
        OSError: the file cannot be read.
        ValueError: there is no run in it, or there are several and ``which`` names none of them.
    """
    found = list(_found(source))
    name = "It" if isinstance(source, Mapping) else os.fspath(source)
    if not found:
        raise ValueError(
            f"{name} holds no run. A notebook does when it was saved with what watch(), awatch() or %%watch showed in "
            "it; a JSONL file does when a run was given its sink."
        )
    if which is None and len(found) == 1:
        return found[0].run
    if which is None or not -len(found) <= which < len(found):
        runs = "; ".join(f"{number}: {each.place}, {each.run.status}" for number, each in enumerate(found))
        asked = "which names none of them" if which is not None else "give which="
        raise ValueError(f"{name} holds {len(found)} runs, {asked}: {runs}. load_all() gives all of them.")
    return found[which].run


def load_all(source: Source) -> list[Run]:
    """All the runs in ``source``, in their order. Raises as :func:`load`; a file without runs gives ``[]``."""
    return [each.run for each in _found(source)]


def _found(source: Source) -> Iterator[Found]:
    if isinstance(source, Mapping):
        yield from _in_notebook(source) if "cells" in source else [_shown(source, "")]
    elif Path(source).suffix == ".ipynb":
        try:
            notebook = json.loads(Path(source).read_text("utf-8"))
            yield from _in_notebook(notebook)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{os.fspath(source)} is no notebook that can be read: {error!r}.") from error
    else:
        yield from _in_events(read_jsonl(source))


def _in_notebook(notebook: Mapping[str, Any]) -> Iterator[Found]:
    for number, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", ()):
            if (data := output.get("data", {}).get(MIME)) is not None:
                yield _shown(data, f"in cell {number}")


def _shown(data: Any, where: str) -> Found:
    told = Told(restore(data))
    return Found(Run([], told), f"{data.get('graph') or 'graph'} {where}".strip())


def _in_events(events: Iterable[Event]) -> Iterator[Found]:
    """The runs one after the other; one that is resumed goes on."""
    run: list[Event] = []
    for event in events:
        if isinstance(event, RunStarted) and run and not _goes_on(run[-1], event):
            yield _recorded(run)
            run = []
        run.append(event)
    if run:
        yield _recorded(run)


def _goes_on(last: Event, event: RunStarted) -> bool:
    asked = isinstance(last, RunFinished) and last.status == "interrupted"
    return asked and (event.input is None or hasattr(event.input, "resume"))


def _recorded(events: list[Event]) -> Found:
    run = Run(events)
    last = events[-1]
    if isinstance(last, RunFinished):
        run.result = last.result
    first = events[0]
    return Found(run, first.graph if isinstance(first, RunStarted) else "graph")
