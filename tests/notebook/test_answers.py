"""Questions of a run are answered by a policy or by the user, for graphs of lgstream and of langgraph."""

from __future__ import annotations

import builtins
import operator
import sys
from typing import Annotated, Any, TypedDict

import langgraph.graph
import langgraph.types
import pytest
from langgraph.checkpoint.memory import InMemorySaver

import lgstream.graph
import lgstream.types
from lgstream.events import RunStarted
from lgstream.notebook import Run, awatch, watch

THREAD: Any = {"configurable": {"thread_id": "1"}}
START = "__start__"


class State(TypedDict):
    log: Annotated[list[Any], operator.add]


class Kit:
    """One of the two packages."""

    def __init__(self, graph: Any, types: Any) -> None:
        self.builder, self.types = graph.StateGraph, types

    def line(self, **compile_with: Any) -> Any:
        """Return a graph with a node that asks twice, then one that asks once."""
        ask = self.types.interrupt
        builder = self.builder(State)
        builder.add_node("name", lambda state: {"log": [ask("first?"), ask("last?")]})
        builder.add_node("age", lambda state: {"log": [ask("how old?")]})
        builder.add_edge(START, "name").add_edge("name", "age")
        return builder.compile(**compile_with)

    def parallel(self) -> Any:
        """Return a graph with two nodes that ask at the same time, one of them in a subgraph."""
        ask = self.types.interrupt
        inner = self.builder(State).add_node("deep", lambda state: {"log": [f"deep {ask('deep?')}"]})
        builder = self.builder(State).add_node("outer", inner.add_edge(START, "deep").compile())
        builder.add_node("flat", lambda state: {"log": [f"flat {ask('flat?')}"]})
        return builder.add_edge(START, "outer").add_edge(START, "flat").compile(checkpointer=InMemorySaver())


@pytest.fixture(
    params=[(lgstream.graph, lgstream.types), (langgraph.graph, langgraph.types)], ids=["lgstream", "langgraph"]
)
def kit(request: pytest.FixtureRequest) -> Kit:
    return Kit(*request.param)


@pytest.fixture
def line(kit: Kit) -> Any:
    return kit.line(checkpointer=InMemorySaver())


BY_TEXT = {"first?": "Ada", "last?": "Lovelace", "how old?": 36}


def test_a_list_answers_in_order(line: Any):
    run = watch(line, {"log": []}, THREAD, answers=["Ada", "Lovelace", 36])
    assert run.status == "done" and run.result == {"log": ["Ada", "Lovelace", 36]}


def test_a_callable_receives_the_interrupt(line: Any):
    run = watch(line, {"log": []}, THREAD, answers=lambda interrupt: BY_TEXT[interrupt.value])
    assert run.result == {"log": ["Ada", "Lovelace", 36]}


async def test_a_callable_may_be_async(line: Any):
    async def answer(interrupt: Any) -> Any:
        return BY_TEXT[interrupt.value]

    assert (await awatch(line, {"log": []}, THREAD, answers=answer)).result == {"log": ["Ada", "Lovelace", 36]}


def test_a_dict_answers_by_the_node_that_asks_at_any_depth(kit: Kit):
    run = watch(kit.parallel(), {"log": []}, THREAD, answers={"deep": 1, "flat": 2})
    assert sorted(run.result["log"]) == ["deep 1", "flat 2"]


def test_a_dict_answers_by_interrupt_id(kit: Kit):
    graph = kit.parallel()
    ids = {asked.value: asked.id for asked in watch(graph, {"log": []}, THREAD).interrupts}
    other: Any = {"configurable": {"thread_id": "1"}}
    run = watch(graph, None, other, answers={ids["deep?"]: 1, ids["flat?"]: 2})
    assert sorted(run.result["log"]) == ["deep 1", "flat 2"]


def test_the_events_of_all_resumes_belong_to_one_run(line: Any):
    run = watch(line, {"log": []}, THREAD, answers=["Ada", "Lovelace", 36])
    assert len([event for event in run.events if isinstance(event, RunStarted)]) == 4
    assert {row["status"] for row in run.tables["tree"].values()} == {"done"}


def test_without_answers_the_run_stops_and_resume_continues_it(line: Any):
    run = watch(line, {"log": []}, THREAD)
    assert [asked.value for asked in run.interrupts] == ["first?"] and run.status == "interrupted"
    assert run.resume("Ada") is run and [asked.value for asked in run.interrupts] == ["last?"]
    assert run.resume("Lovelace").resume(36).result == {"log": ["Ada", "Lovelace", 36]}
    assert run.status == "done" and run.interrupts == ()


async def test_aresume_continues_the_run_in_async_cells(line: Any):
    run = await awatch(line, {"log": []}, THREAD, wait=False)
    await run.aresume("Ada")
    await run.aresume("Lovelace")
    assert (await run.aresume(36)).result == {"log": ["Ada", "Lovelace", 36]}


@pytest.mark.parametrize("answer", [[1, 2], {"deep": 1, "flat": 2}], ids=["list", "dict"])
def test_several_questions_are_answered_together(kit: Kit, answer: Any):
    run = watch(kit.parallel(), {"log": []}, THREAD)
    if isinstance(answer, list) and run.interrupts[0].value == "flat?":
        answer = answer[::-1]
    assert sorted(run.resume(answer).result["log"]) == ["deep 1", "flat 2"]


def test_some_questions_can_be_answered_by_their_ids(kit: Kit):
    run = watch(kit.parallel(), {"log": []}, THREAD)
    ids = {asked.value: asked.id for asked in run.interrupts}
    run.resume({ids["deep?"]: 1})
    assert [asked.value for asked in run.interrupts] == ["flat?"]
    assert sorted(run.resume(2).result["log"]) == ["deep 1", "flat 2"]


def test_one_answer_to_several_questions_is_rejected(kit: Kit):
    run = watch(kit.parallel(), {"log": []}, THREAD)
    with pytest.raises(ValueError, match="2 questions are open"):
        run.resume("yes")


def test_a_run_at_a_breakpoint_is_resumed_without_an_answer(kit: Kit):
    run = watch(kit.line(checkpointer=InMemorySaver(), interrupt_before=["name"]), {"log": []}, THREAD)
    assert run.status == "interrupted" and run.interrupts == ()
    assert [asked.value for asked in run.resume().interrupts] == ["first?"]


def test_with_answers_the_run_does_not_stop_at_breakpoints(kit: Kit):
    line = kit.line(checkpointer=InMemorySaver(), interrupt_before=["name"], interrupt_after="*")
    assert watch(line, {"log": []}, THREAD, answers=["Ada", "Lovelace", 36]).result == {"log": ["Ada", "Lovelace", 36]}


async def test_with_answers_an_async_run_does_not_stop_at_breakpoints(kit: Kit):
    assert (await awatch(paused(kit), {"log": []}, THREAD, answers=[])).status == "done"


def paused(kit: Kit) -> Any:
    """Return a graph that stops before its second node, whose output contains its input."""
    builder = kit.builder(State)
    builder.add_node("first", lambda state: {"log": ["first"]})
    builder.add_node("second", lambda state: {"log": [f"second after {state['log']}"]})
    builder.add_edge(START, "first").add_edge("first", "second")
    return builder.compile(checkpointer=InMemorySaver(), interrupt_before=["second"])


def test_at_a_breakpoint_the_view_shows_the_next_nodes_and_the_state_to_edit(kit: Kit):
    run = watch(paused(kit), {"log": []}, THREAD)
    assert run.tables["run"]["run"]["pause"] == {
        "id": "breakpoint",
        "before": ["second"],
        "value": {"log": ["first"]},
    }
    assert run.resume().tables["run"]["run"]["pause"] is None


def test_the_state_can_be_edited_at_a_breakpoint_including_keys_with_a_reducer(kit: Kit):
    run = watch(paused(kit), {"log": []}, THREAD)
    assert run.resume({"log": ["edited"]}).result == {"log": ["edited", "second after ['edited']"]}


async def test_the_state_can_be_edited_at_a_breakpoint_in_async_cells(kit: Kit):
    run = await awatch(paused(kit), {"log": []}, THREAD, wait=False)
    assert (await run.aresume({"log": []})).result == {"log": ["second after []"]}


@pytest.mark.parametrize(
    ("after", "error", "message"),
    [({"lag": 1}, ValueError, "no key 'lag'"), ("yes", TypeError, "a dict of the keys to change")],
    ids=["unknown", "no dict"],
)
def test_an_invalid_edit_is_rejected(kit: Kit, after: Any, error: type[Exception], message: str):
    run = watch(paused(kit), {"log": []}, THREAD)
    with pytest.raises(error, match=message):
        run.resume(after)
    assert run.resume().status == "done"


def test_a_checkpoint_in_the_config_applies_to_the_start_of_the_run_only(line: Any):
    watch(line, {"log": []}, THREAD)
    past = [state for state in line.get_state_history(THREAD) if state.next][-1].config
    run = watch(line, None, past, answers=["Ada", "Lovelace", 36])
    assert run.result == {"log": ["Ada", "Lovelace", 36]}


@pytest.mark.parametrize(
    ("answers", "message"),
    [(["Ada"], "one more question than the 1 in answers="), ({"age": 36}, r"nothing for 'name', which asks 'first\?'")],
    ids=["list", "dict"],
)
def test_the_error_names_the_question_without_an_answer(line: Any, answers: Any, message: str):
    with pytest.raises(ValueError, match=message):
        watch(line, {"log": []}, THREAD, answers=answers)


def test_answers_that_are_a_string_are_rejected(line: Any):
    with pytest.raises(TypeError, match="must be a list of answers"):
        watch(line, {"log": []}, THREAD, answers="yes")


def test_a_graph_without_a_checkpointer_cannot_be_answered(kit: Kit):
    with pytest.raises(ValueError, match="without one nothing remembers what was asked"):
        watch(kit.line(), {"log": []}, answers=["Ada"])
    run = watch(kit.line(), {"log": []})
    with pytest.raises(ValueError, match=r"resume\(\) needs a graph with a checkpointer"):
        run.resume("Ada")


def test_a_thread_id_is_required(line: Any):
    with pytest.raises(ValueError, match="thread_id"):
        watch(line, {"log": []}, answers=["Ada"])


def test_a_finished_run_cannot_be_resumed(line: Any):
    run = watch(line, {"log": []}, THREAD, answers=["Ada", "Lovelace", 36])
    with pytest.raises(ValueError, match="The run is done"):
        run.resume("Ada")


def test_the_error_for_a_missing_answer_contains_the_question(line: Any):
    with pytest.raises(ValueError, match=r"name asks 'first\?'\. Give it: run\.resume\(answer\)"):
        watch(line, {"log": []}, THREAD).resume()


def test_a_run_without_a_session_cannot_be_resumed():
    with pytest.raises(ValueError, match="not started by watch"):
        Run([]).resume("yes")


def test_in_a_terminal_the_questions_are_asked_there(line: Any, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    inputs = iter(["Ada", "Lovelace", "36"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(builtins, "input", lambda text: (asked.append(text), next(inputs))[1])
    assert watch(line, {"log": []}, THREAD).result == {"log": ["Ada", "Lovelace", "36"]}
    assert asked == ["? name: first? ", "? name: last? ", "? age: how old? "]
