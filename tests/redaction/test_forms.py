"""Forms are filled in with values that the reader sends back: these are exact, or left out, never redacted ones."""

from __future__ import annotations

import io
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

from lgstream.graph import START, StateGraph
from lgstream.notebook import Run, watch
from lgstream.redaction import redacting
from lgstream.sinks import Jsonl
from lgstream.types import Command, Interrupt, interrupt
from lgstream.views.fold.interrupts import editable_state, open_question


class State(TypedDict, total=False):
    topic: str
    api_key: str
    endpoint: str
    options: dict[str, Any]
    seen: Any


STATE: Any = {
    "topic": "owls",
    "api_key": "x1",
    "endpoint": "https://ada:x1@example.org",
    "options": {"page": 2, "password": "x1"},
}
THREAD: Any = {"configurable": {"thread_id": "1"}}


def question_of(value: Any) -> Any:
    return open_question(Interrupt(value, "a" * 32))["value"]


def run_to_breakpoint() -> tuple[Any, Run]:
    builder = StateGraph(State).add_node("look", lambda state: {"seen": dict(state)})
    graph = builder.add_edge(START, "look").compile(checkpointer=InMemorySaver(), interrupt_before=["look"])
    return graph, watch(graph, STATE, THREAD)


def test_keys_with_secrets_are_not_offered_for_editing():
    assert editable_state(STATE) == {"topic": "owls"}
    with redacting(None):
        assert editable_state(STATE) == STATE


def test_a_state_that_is_sent_back_edited_keeps_its_secrets(capsys: Any):
    graph, run = run_to_breakpoint()
    form = run.tables["run"]["run"]["pause"]["value"]
    run.resume({**form, "topic": "voles"})
    edited = {**STATE, "topic": "voles"}
    assert run.result == {**edited, "seen": edited}
    assert graph.get_state(THREAD).values == run.result
    assert "x1" not in capsys.readouterr().out


def test_the_answer_of_a_form_reaches_the_node_as_it_is(capsys: Any):
    def ask(state: State) -> State:
        return {"seen": interrupt({"api_key": "x1"})}

    graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile(checkpointer=InMemorySaver())
    stream = io.StringIO()
    run = watch(graph, {}, THREAD, sinks=[Jsonl(stream)])
    assert next(iter(run.tables["task"].values()))["ask"][0]["value"] is None
    run.resume({"password": "x2"})
    assert run.result == {"seen": {"password": "x2"}}
    assert not any(secret in stream.getvalue() + capsys.readouterr().out for secret in ("x1", "x2"))


def test_a_question_with_a_secret_is_shown_as_text_only():
    assert question_of({"page": 2}) == {"page": 2}
    assert question_of({"page": 2, "token": "8f14e45fceea167a"}) is None
    assert question_of(["https://ada:x1@example.org"]) is None


def review(*decisions: str) -> dict[str, Any]:
    return {
        "action_requests": [{"name": "lookup", "args": {"query": "owls", "api_key": "x1"}, "description": "Look up"}],
        "review_configs": [{"action_name": "lookup", "allowed_decisions": list(decisions)}],
    }


def test_tool_calls_with_secrets_are_reviewed_but_not_edited():
    value = question_of(review("approve", "edit", "reject"))
    assert value["action_requests"][0]["args"] == {"query": "owls", "api_key": "<redacted>"}
    assert value["review_configs"][0]["allowed_decisions"] == ["approve", "reject"]
    assert question_of(review("edit")) is None


def test_a_resumed_run_gets_the_answer_and_not_what_is_shown_of_it():
    def ask(state: State) -> State:
        return {"seen": interrupt("password?")}

    graph = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").compile(checkpointer=InMemorySaver())
    stream = io.StringIO()
    graph.invoke({}, THREAD, sinks=[Jsonl(stream)])
    result = graph.invoke(Command(resume={"password": "x2"}), THREAD, sinks=[Jsonl(stream)])
    assert result == {"seen": {"password": "x2"}} and "x2" not in stream.getvalue()
