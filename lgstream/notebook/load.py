"""Load runs from saved notebooks and JSONL files, to look at them again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from lgstream._arguments import wrong_type
from lgstream.events import Event, RunFinished, RunStarted
from lgstream.notebook.run import ReplayedRun, Run
from lgstream.sinks import read_jsonl
from lgstream.views.saved.run_data import RUN_MIME_TYPE, read_operations

Source: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]
"""Where runs are loaded from: a path, or the data of a notebook's output."""


class LocatedRun(NamedTuple):
    """A run, and a description of its place in its source."""

    run: Run
    place: str


def load(source: Source, which: int | None = None) -> Run:
    """Load a run from a saved notebook or from a file written by :class:`lgstream.sinks.Jsonl`.

    As the last line of a cell, the run is displayed as static output; ``run.widget()`` is the live view. A run from a
    JSONL file has ``events`` and ``result``; a notebook contains only what was shown.

    A JSONL file grows with every run, for example each time a cell is run again, so without ``which`` the run that
    started last is loaded from it. A notebook may show different experiments, so there ``which`` says which one.

    Args:
        source: the path of a notebook (``.ipynb``) or of a JSONL file, compressed with gzip or not; or the dict that a
            notebook's output has under the mime type ``application/vnd.lgstream.run.v1+json``.
        which: the index of the run if there are several; -1 is the last one.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if there is no run in ``source``; if a notebook has several and ``which`` is not given; or if
            ``which`` is not the index of one.
        TypeError: if ``source`` is neither a path nor a dict, or ``which`` is not an int.

    Example:
        >>> run = load("run.jsonl")
        >>> print(run)
    """
    if which is not None and not hasattr(which, "__index__"):
        raise TypeError(f"which is {which!r}, and must be the index of a run, for example -1 for the last one.")
    runs = list(_locate_runs(source))
    name = "It" if isinstance(source, Mapping) else os.fspath(source)
    if not runs:
        raise ValueError(
            f"{name} holds no run. A notebook does when it was saved with the output of watch(), awatch() or %%watch; "
            "a JSONL file does when its sink was passed to a run."
        )
    if which is None and (len(runs) == 1 or not _is_notebook(source)):
        return runs[-1].run
    if which is None or not -len(runs) <= which < len(runs):
        listing = "; ".join(f"{number}: {item.place}, {item.run.status}" for number, item in enumerate(runs))
        problem = "and which= selects none of them" if which is not None else "give which="
        raise ValueError(f"{name} holds {len(runs)} runs, {problem}: {listing}. load_all() returns all of them.")
    return runs[which].run


def load_all(source: Source) -> list[Run]:
    """Load all runs from ``source``, in order. See :func:`load`.

    Returns:
        The runs; an empty list if there are none.

    Raises:
        OSError: if the file cannot be read.
        ValueError: if the file is neither a notebook nor a JSONL file of events.
        TypeError: if ``source`` is neither a path nor a dict.
    """
    return [item.run for item in _locate_runs(source)]


def _is_notebook(source: Source) -> bool:
    return "cells" in source if isinstance(source, Mapping) else Path(source).suffix == ".ipynb"


def _locate_runs(source: Source) -> Iterator[LocatedRun]:
    if not isinstance(source, str | os.PathLike | Mapping):
        rule = "the path of a notebook or of a JSONL file, or the dict of a saved output"
        raise wrong_type("source", source, rule)
    if isinstance(source, Mapping):
        yield from _runs_in_notebook(source) if _is_notebook(source) else [_run_in_output(source, "")]
    elif _is_notebook(source):
        try:
            notebook = json.loads(Path(source).read_text("utf-8"))
            yield from _runs_in_notebook(notebook)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{os.fspath(source)} is not a readable notebook: {error!r}.") from error
    else:
        yield from _runs_in_events(read_jsonl(source))


def _runs_in_notebook(notebook: Mapping[str, Any]) -> Iterator[LocatedRun]:
    for number, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", ()):
            if (data := output.get("data", {}).get(RUN_MIME_TYPE)) is not None:
                yield _run_in_output(data, f"in cell {number}")


def _run_in_output(data: Any, place: str) -> LocatedRun:
    run = Run([], ReplayedRun(read_operations(data)))
    return LocatedRun(run, f"{data.get('graph') or 'graph'} {place}".strip())


def _runs_in_events(events: Iterable[Event]) -> Iterator[LocatedRun]:
    """Split events into runs, which may have written at the same time. A run that is resumed continues the run before.

    A run whose start could not be read is one of its own. Events without a run id, which are in files of format 1,
    belong to the run that started last.
    """
    runs: list[list[Event]] = []
    runs_by_id: dict[str, list[Event]] = {}
    for event in events:
        if isinstance(event, RunStarted):
            resumed_run = runs_by_id.get(event.resumes) or _run_that_waits(runs, event)
            if resumed_run is None:
                runs.append(resumed_run := [])
            runs_by_id[event.run_id] = resumed_run
        elif not runs or (event.run_id and event.run_id not in runs_by_id):
            runs.append([])
            if event.run_id:
                runs_by_id[event.run_id] = runs[-1]
        runs_by_id.get(event.run_id, runs[-1]).append(event)
    yield from map(_run_from_events, runs)


def _run_that_waits(runs: list[list[Event]], start: RunStarted) -> list[Event] | None:
    """Return the last run if it waits for an answer, and ``start`` resumes a run that is not known; else None."""
    if start.resumes or not runs or not (start.input is None or hasattr(start.input, "resume")):
        return None
    first, last = runs[-1][0], runs[-1][-1]
    is_interrupted = isinstance(last, RunFinished) and last.status == "interrupted"
    is_same_thread = not isinstance(first, RunStarted) or first.thread_id == start.thread_id
    return runs[-1] if is_interrupted and is_same_thread else None


def _run_from_events(events: list[Event]) -> LocatedRun:
    run = Run(events)
    first, last = events[0], events[-1]
    if isinstance(last, RunFinished):
        run.result = last.result
    return LocatedRun(run, first.graph if isinstance(first, RunStarted) else "graph")
