"""A run with sinks gives the same as one without, and its values are not read, whatever they are and wherever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from lgstream.sinks import Collect, Console, Jsonl, Queued, Redacted, json_encoding
from lgstream.stream.modes import EVENTS_BY_MODE
from lgstream.widgets.feed import Feed
from lgstream.widgets.runview import RunView
from tests.support.graphs_with_a_value import PLACES, graph_with
from tests.support.odd_values import ODD_VALUES, ReadCount

VALUES = [
    "a sequence without an end",
    "a lazy mapping",
    "a proxy that raises",
    "an object whose class raises",
    "a hostile class",
    "an instance of a hostile class",
    "a list without an end",
    "a dict that raises",
    "a text that raises",
    "an object with every attribute",
    "a message that raises",
    "a repr that raises a BaseException",
    "a dict that holds itself twice",
    "30 nested pairs",
    "a record that holds itself",
    "an error about 30 nested pairs",
]
READ_BY_THE_RUN = [
    ("whole update", "a list without an end"),
    ("task", "a list without an end"),
    ("whole update", "an error about 30 nested pairs"),
    ("tool argument", "30 nested pairs"),
    ("tool argument", "an error about 30 nested pairs"),
]
"""What never ends without a sink either."""

ALL = [(place, name) for place in PLACES for name in VALUES if (place, name) not in READ_BY_THE_RUN]


class View(Collect):
    """The sink of a live view, which :meth:`finish` draws."""

    def finish(self) -> None:
        view = RunView()
        Feed(self.events, view).flush()
        view.close()


@pytest.fixture
def sinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """One sink of each kind; the live view is drawn afterwards."""
    monkeypatch.setattr(json_encoding, "MAX_NODES", 500)
    monkeypatch.setattr(json_encoding, "MAX_CHARS", 10_000)
    lists: list[Any] = [Collect(), Queued(Collect()), Redacted(Collect())]
    yield [*lists, Jsonl(tmp_path / "run.jsonl"), Console(StringIO()), View()]
    assert {type(getattr(item, "sink", item).events[-1]).__name__ for item in lists} == {"RunFinished"}


def outcome(run: Callable[[], Any], calls: list[str]) -> dict[str, Any]:
    """Return what a run returned or raised, what it read of its values, and which nodes it called."""
    ReadCount.reads.clear()
    calls.clear()
    result, error = None, ""
    try:
        result = run()
    except BaseException as raised:  # noqa: BLE001 - values may raise anything
        error = type(raised).__name__
    return {"result": result, "error": error, "reads": list(ReadCount.reads), "calls": list(calls)}


def outline(data: Any, value: Any, depth: int = 0) -> Any:
    """Return where ``value`` is in ``data``, and the classes of the rest, without running code of either."""
    if data is value:
        return "the value"
    if type(data) is dict and depth < 6 and len(data) < 50:
        return {str(id(key)) if type(key) is not str else key: outline(data[key], value, depth + 1) for key in data}
    if (type(data) is list or type(data) is tuple) and depth < 6 and len(data) < 50:
        return [outline(item, value, depth + 1) for item in data]
    return id(type(data))


@pytest.mark.parametrize(("place", "name"), ALL)
def test_a_watched_run_gives_the_same(place: str, name: str, sinks: list[Any]):
    def invoke(**options: Any) -> Any:
        value = ODD_VALUES[name]()
        graph, start, config, calls = graph_with(value, place)
        return outcome(lambda: outline(graph.invoke(start, config, **options), value), calls)

    unwatched = invoke()
    watched = invoke(sinks=sinks)
    sinks[-1].finish()
    assert (watched, ReadCount.reads) == (unwatched, unwatched["reads"])


@pytest.mark.parametrize(("place", "name"), ALL[::4])
def test_a_watched_stream_gives_the_same_chunks(place: str, name: str, sinks: list[Any]):
    def stream(**options: Any) -> Any:
        value = ODD_VALUES[name]()
        graph, start, config, calls = graph_with(value, place)
        chunks = graph.stream(start, config, stream_mode=list(EVENTS_BY_MODE), **options)
        return outcome(lambda: sorted(repr(outline(chunk, value)) for chunk in chunks), calls)  # tasks run concurrently

    assert stream(sinks=sinks) == stream()
