"""Which hook is called for what, and what happens to what it returns."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import re
import threading
from typing import Any

import pytest

from lgstream import redaction
from lgstream.events import Custom, Event, Message, RunFinished, RunStarted, Update
from lgstream.graph import START, StateGraph
from lgstream.notebook import Run, awatch, watch
from lgstream.redaction import (
    REDACTED,
    Redactor,
    current_redactor,
    redact_secrets,
    redacted_repr,
    redacting,
    redactor_from_environment,
)
from lgstream.sinks import Collect, Console, Jsonl, Redacted, attach, redact_event
from lgstream.sinks.json_codec import encode_event
from lgstream.widgets import TokenStream


@dataclasses.dataclass
class Patient:
    name: str
    insurance: str = dataclasses.field(default="private", repr=False)


def hide_names(name: str, value: Any) -> Any:
    return "<hidden>" if name == "name" else redact_secrets(name, value)


def hide_ada(name: str, value: Any) -> Any:
    return value.replace("Ada", "<hidden>") if isinstance(value, str) else value


def graph() -> Any:
    builder = StateGraph(dict)
    return builder.add_node("admit", lambda state: {"name": "Ada", "password": "x1"}).add_edge(START, "admit").compile()


def recorded(redact: Any = "default") -> str:
    stream = io.StringIO()
    graph().invoke({"name": "Ada"}, sinks=[Jsonl(stream, redact=redact)])
    return stream.getvalue()


def custom(data: Any) -> Custom:
    return Custom(1.0, (), "t", "node", data)


def test_by_default_secrets_are_redacted_and_other_values_are_not():
    text = recorded()
    assert "Ada" in text and "x1" not in text and '"password":"<redacted>"' in text


def test_a_sink_has_its_own_hook():
    text = recorded(hide_names)
    assert "Ada" not in text and "x1" not in text and '"name":"<hidden>"' in text


def test_none_turns_redaction_off():
    assert "x1" in recorded(None)


def test_a_hook_of_a_block_applies_to_sinks_without_their_own():
    with redacting(hide_names):
        assert "Ada" not in recorded()
        assert "Ada" in recorded(None)
    assert "Ada" in recorded()


def test_a_hook_of_a_block_applies_to_attached_sinks_and_panels():
    stream, panel = io.StringIO(), TokenStream()
    with redacting(hide_ada), attach(Jsonl(stream), Console(stream), panel):
        graph().invoke({"name": "Ada"})
    while not panel.ops_final:
        panel._finished.wait(0.01)
    assert "Ada" not in stream.getvalue() + panel.ops_final + panel.text()
    assert "hidden" in stream.getvalue() and "hidden" in panel.ops_final


def test_the_hook_of_a_watched_run_applies_to_its_view_and_its_sinks(capsys: Any):
    stream, own = io.StringIO(), io.StringIO()
    run = watch(graph(), {"name": "Ada"}, redact=hide_names, sinks=[Jsonl(stream), Jsonl(own, redact=None)])
    shown = capsys.readouterr().out + str(run) + json.dumps(run.mime_bundle()) + stream.getvalue()
    assert "Ada" not in shown and shown.count("hidden") > 4
    assert "Ada" in own.getvalue() and run.result == {"name": "Ada", "password": "x1"}


def test_hooks_apply_to_async_runs_at_once_each_to_its_own(capsys: Any):
    stream, other = io.StringIO(), io.StringIO()

    async def record(redact: Any, file: io.StringIO) -> None:
        with redacting(redact):
            await graph().ainvoke({"name": "Ada"}, sinks=[Jsonl(file)])

    async def run_all() -> Run:
        watched = awatch(graph(), {"name": "Ada"}, redact=hide_names, sinks=[Jsonl(stream)])
        run, *_ = await asyncio.gather(watched, record(hide_names, stream), record(redact_secrets, other))
        return run

    run = asyncio.run(run_all())
    assert "Ada" not in capsys.readouterr().out + str(run) + stream.getvalue()
    assert "Ada" in other.getvalue() and "x1" not in other.getvalue()


def test_a_hook_in_the_environment_applies_to_the_process():
    assert redactor_from_environment({"LGSTREAM_REDACT": "off"}) is None
    redactor = redactor_from_environment({"LGSTREAM_REDACT": f"{__name__}:hide_names"})
    assert redactor is not None and redactor.value("name", "Ada") == "<hidden>"
    default = redactor_from_environment({})
    assert default is not None and default.value("password", "x1") == REDACTED


@pytest.mark.parametrize("setting", ["hide", "no_such_module:hide", f"{__name__}:missing", f"{__name__}:__name__"])
def test_a_setting_that_names_no_function_is_refused(setting: str):
    with pytest.raises(ValueError, match="LGSTREAM_REDACT is"):
        redactor_from_environment({"LGSTREAM_REDACT": setting})


@pytest.mark.parametrize("use", [lambda: Jsonl(io.StringIO(), redact=5), lambda: Console(redact="off"),  # type: ignore[arg-type]
                                 lambda: TokenStream(redact=5), lambda: watch(graph(), {}, redact=5),  # type: ignore[arg-type]
                                 lambda: Redacted(Collect(), 5), lambda: redacting("x").__enter__()])  # type: ignore[arg-type]  # fmt: skip
def test_a_hook_that_is_no_function_is_refused(use: Any):
    with pytest.raises(TypeError, match=re.compile("redact is")):
        use()


def test_a_hook_is_called_for_names_and_for_texts():
    calls: list[tuple[str, Any]] = []

    def note(name: str, value: Any) -> Any:
        calls.append((name, value))
        return value

    redact_event(custom({"patient": Patient("Ada"), "rooms": [("bed", 7)]}), note)
    expected = [("patient", Patient("Ada")), ("name", "Ada"), ("", "Ada"), ("rooms", [("bed", 7)]), ("bed", 7)]
    assert [call for call in expected if call not in calls] == []


def test_what_a_hook_raises_is_shown_in_place_of_the_value():
    def fail(name: str, value: Any) -> Any:
        raise ZeroDivisionError

    event: Any = redact_event(custom(["Ada"]), fail)
    assert event.data == ["<redacted: the redact function raised ZeroDivisionError>"]


def test_fields_without_a_repr_are_hidden():
    event: Any = redact_event(custom(Patient("Ada")))
    assert event.data.fields == {"name": "Ada", "insurance": "<redacted: repr=False>"}


def test_a_redacted_event_equals_one_without_secrets():
    event = Update(1.0, (), 1, "t", "node", {"name": "Ada", "scores": [(1, 2.5), {3}]}, False)
    assert redact_event(event) == event
    assert redact_event(event, None) is event


def test_a_redacted_sink_receives_what_the_sink_wants_without_secrets():
    class Exporter:
        wants = frozenset({Update})

        def __init__(self) -> None:
            self.events: list[Event] = []

        def for_run(self) -> Exporter:
            return self

        def __call__(self, event: Event) -> None:
            self.events.append(event)

    exporter = Exporter()
    graph().invoke({"name": "Ada"}, sinks=[Redacted(exporter)])
    assert [event.data for event in exporter.events] == [{"name": "Ada", "password": REDACTED}]


def test_the_events_and_the_result_of_the_run_are_not_changed():
    collect = Collect()
    result = graph().invoke({"password": "x0"}, sinks=[collect, Jsonl(io.StringIO()), Console(io.StringIO())])
    assert result == {"name": "Ada", "password": "x1"}
    assert isinstance(collect.events[0], RunStarted) and collect.events[0].input == {"password": "x0"}
    assert isinstance(collect.events[-1], RunFinished) and collect.events[-1].result == result


def test_a_message_stays_a_message():
    from langchain_core.messages import AIMessage

    message = AIMessage("hi", response_metadata={"headers": {"set-cookie": "sid=1"}, "model": "owl"})
    shown: Any = redact_event(Message(1.0, (), "t", "node", "c", message, {}))
    assert shown.message == AIMessage("hi", response_metadata={"headers": {"set-cookie": REDACTED}, "model": "owl"})


def test_a_value_in_a_message_of_an_error_is_redacted():
    assert redacted_repr({"api_key": "x1", "n": 1}) == "{'api_key': '<redacted>', 'n': 1}"


def test_the_hook_of_a_block_is_that_of_its_thread():
    seen: list[Any] = []
    with redacting(None):
        thread = threading.Thread(target=lambda: seen.append(current_redactor()))
        thread.start()
        thread.join()
        assert current_redactor() is None
    assert isinstance(seen[0], Redactor)


def test_names_and_texts_that_are_harmless_are_looked_at_once(monkeypatch: pytest.MonkeyPatch):
    looked_at: list[str] = []

    def count(function: Any) -> Any:
        return lambda text, *args: looked_at.append(text) or function(text, *args)

    for name in ("could_hide_secret", "redact_text"):
        monkeypatch.setattr(f"lgstream.redaction.{name}", count(getattr(redaction, name)))
    redactor = Redactor(redact_secrets)
    state = {"name": "Ada", "notes": ["seen", "well", "https://example.org/" + "x" * 300], "max_tokens": 5}
    for _ in range(10):
        encode_event(custom(state), redactor)
    assert len(looked_at) == len(set(looked_at)) + 3  # a name is looked at as a text, too


def test_the_cost_of_data_is_bounded_whatever_they_hold():
    cyclic: dict[str, Any] = {"password": "x1"}
    cyclic.update(a=cyclic, b=cyclic)
    shared: Any = ["x" * 100_000]
    for _ in range(60):
        shared = [shared, shared]
    redactor = Redactor(redact_secrets)
    assert redactor.json_data(cyclic) == {"password": REDACTED, "a": "…", "b": "…"}
    assert len(json.dumps(redactor.json_data(shared, max_nodes=1000))) < 20_000
    assert redactor.json_data(list(range(10_000)), max_nodes=100) == [*range(100), "…"]
    assert len(redactor.json_data("x" * 10_000_000)) == 20_001


def test_the_console_prints_values_that_hold_themselves_or_are_large():
    stream = io.StringIO()
    console = Console(stream)
    cyclic: dict[str, Any] = {"password": "x1"}
    cyclic.update(a=cyclic, b=cyclic)
    for data in (cyclic, [cyclic] * 100_000, {"password": "x1", "text": "Ada " * 1_000_000}):
        console(custom(data))
    assert stream.getvalue().count("<redacted>") >= 3 and "x1" not in stream.getvalue()
