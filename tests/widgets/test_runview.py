"""The text of a view, for every place that cannot show the view itself."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import ipywidgets
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk

from lgstream.events import CallStarted, Event, RunFinished, RunStarted, TaskStarted, Token
from lgstream.widgets.feed import Feed
from lgstream.widgets.panels import TokenStream
from lgstream.widgets.runview import RunView

WIDGET = "application/vnd.jupyter.widget-view+json"
START = RunStarted(0.0, (), "run", "joke", {}, None)
TASK = TaskStarted(0.0, (), 1, "t", "chat", {}, ())
CALL = CallStarted(0.0, (), "t", "chat", "c", "gpt", ())
TOKEN = Token(0.1, (), "t", "chat", "c", AIMessageChunk(content="cats and ice", id="m"), {})
END = RunFinished(1.0, (), "run", "done", {}, None)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)
MESSAGES = st.fixed_dictionaries(
    {"kind": st.sampled_from(["resync", "stop", "answer", "frame"]) | JSON},
    optional={"after": st.integers() | JSON, "id": st.text(max_size=4) | JSON, "value": JSON},
)


def view_of(*events: Event) -> RunView:
    """Return the view of a run with these events so far, of a graph called ``joke``."""
    view = RunView(graph="joke")
    feed = Feed(list(events), view)
    while feed.has_pending_events:  # a tick folds what its time allows
        feed.tick()
    return view


def displayed_text(view: RunView) -> str:
    """Return what a notebook saves for ``display(view)``, and a viewer without widgets shows, on one line."""
    bundle: Any = view._repr_mimebundle_()
    assert WIDGET in bundle[0]
    return " ".join(bundle[0]["text/plain"].split())


def test_before_the_run_the_text_names_the_graph_and_says_what_to_do():
    text = displayed_text(view_of())
    assert text.startswith("joke: the live view of a run.") and "run the cell again" in text


def test_during_the_run_the_text_is_the_run_so_far_and_says_what_to_do():
    text = displayed_text(view_of(START, TASK, CALL, TOKEN))
    assert "joke: running" in text and "cats and ice" in text and "run the cell again" in text


def test_after_the_run_the_text_is_the_whole_run():
    text = displayed_text(view_of(START, TASK, CALL, TOKEN, END))
    assert "joke: done" in text and "cats and ice" in text and "run the cell again" not in text


def test_print_shows_the_text():
    view = view_of(START, TASK, CALL, TOKEN)
    assert " ".join(str(view).split()) == displayed_text(view)


@pytest.mark.parametrize(
    ("events", "text"),
    [((), "RunView(joke, not started)"), ((START,), "RunView(joke, running)"), ((START, END), "RunView(joke, done)")],
)
def test_repr_is_one_line_with_graph_and_status(events: tuple[Event, ...], text: str):
    assert repr(view_of(*events)) == text


def test_a_box_of_views_has_readable_text():
    box: Any = ipywidgets.HBox([view_of(START), TokenStream()])
    assert box._repr_mimebundle_()["text/plain"] == "HBox(children=(RunView(joke, running), TokenStream(not started)))"


def test_the_text_of_a_panel_says_what_to_do():
    text = displayed_text(TokenStream())
    assert text.startswith("TokenStream: the live view of a run.") and "run the cell again" in text


@given(st.lists(MESSAGES | JSON, max_size=5))
@settings(max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_message_from_the_front_end_is_handled_or_ignored(messages: list[Any]):
    view = view_of(START, TASK, CALL, TOKEN)
    calls: list[Any] = []
    view.on_answer = lambda interrupt_id, answer: calls.append(interrupt_id)
    for message in messages:
        view.comm.receive(message)
    assert all(isinstance(interrupt_id, str) for interrupt_id in calls)


def test_a_view_that_was_closed_is_released_with_its_layout():
    registry = ipywidgets.widgets.widget._instances
    before = len(registry)
    view = view_of(START, TASK, CALL, TOKEN, END)
    reference = weakref.ref(view)
    assert len(registry) == before + 2
    view.close()
    assert len(registry) == before
    del view
    gc.collect()
    assert reference() is None
