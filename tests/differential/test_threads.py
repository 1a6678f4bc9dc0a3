"""Threads: reading states and histories, updating states, and time travel."""

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from typing_extensions import TypedDict

THREAD = {"configurable": {"thread_id": "1"}, "max_concurrency": 1}
"""Tasks run one at a time, so that the order of what they log is fixed."""


class State(TypedDict):
    log: Annotated[list, operator.add]
    n: int


def chain(lg: Any, *names: str, **options: Any) -> Any:
    """Return a graph of nodes in sequence, each of which logs its name."""
    g = lg.StateGraph(State)
    for name in names:
        g.add_node(name, lambda state, name=name: {"log": [name]})
    for start, end in zip((lg.START, *names), names, strict=False):
        g.add_edge(start, end)
    return g.compile(**{"checkpointer": InMemorySaver(), **options})


def fan(lg: Any, c: Any) -> Any:
    """Return a graph with the parallel nodes ``wrote``, ``silent`` and ``asks``, followed by ``last``."""

    def asks(state: Any) -> dict:
        c.log.append("asks")
        return {"log": [lg.interrupt("?")]}

    g = lg.StateGraph(State)
    g.add_node("wrote", lambda state: c.log.append("wrote") or {"log": ["wrote"], "n": 1})
    g.add_node("silent", lambda state: c.log.append("silent"))
    g.add_node("asks", asks)
    g.add_node("last", lambda state: {"log": ["last"]})
    for name in ("wrote", "silent", "asks"):
        g.add_edge(lg.START, name)
        g.add_edge(name, "last")
    return g.compile(checkpointer=InMemorySaver())


def at(c: Any, graph: Any, step: int) -> Any:
    """Return the config of the newest checkpoint of a step."""
    snapshot = next(past for past in graph.get_state_history(THREAD) if past.metadata["step"] == step)
    return {**THREAD, "configurable": dict(snapshot.config["configurable"])}


# reading -------------------------------------------------------------------------------------------------------------


def test_a_thread_that_never_ran_has_an_empty_state(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a").with_config(tags=["t"])
        c.state(graph, THREAD)
        c.state(graph, {"configurable": {"thread_id": "1", "user": "u"}, "metadata": {"m": 1}})
        c.history(graph, THREAD)

    same(program)


def test_a_snapshot_shows_which_tasks_have_finished_and_their_results(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = fan(lg, c)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.state(graph, THREAD)
        c.state(graph, at(c, graph, 0))
        c.history(graph, THREAD)
        c.invoke(graph, lg.Command(resume="yes"), THREAD)
        c.state(graph, THREAD)
        c.state(graph, at(c, graph, 0))
        c.history(graph, THREAD)

    same(program)


def test_an_answered_interrupt_is_in_the_history_but_not_in_the_state(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(State)
        g.add_node("a", lambda state: {"log": [lg.interrupt("first"), lg.interrupt("second")]})
        g.add_node("b", lambda state: {"log": [lg.interrupt("third")]})
        g.add_edge(lg.START, "a").add_edge(lg.START, "b")
        graph = g.compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": []}, THREAD)
        ids = {interrupt.value: interrupt.id for interrupt in graph.get_state(THREAD).interrupts}
        c.invoke(graph, lg.Command(resume={ids["third"]: 3}), THREAD)
        c.state(graph, THREAD)
        c.history(graph, THREAD)
        c.invoke(graph, lg.Command(resume={ids["first"]: 1}), THREAD)
        c.state(graph, THREAD)
        c.history(graph, THREAD)

    same(program)


def test_a_failed_task_has_its_error_in_the_state(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def fails(state: Any) -> None:
            raise KeyError("no")

        g = lg.StateGraph(State)
        g.add_node("fails", fails).add_edge(lg.START, "fails")
        graph = g.compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.state(graph, THREAD)

    same(program)


def test_a_history_can_be_filtered_limited_and_started_before_a_checkpoint(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a", "b", "c")
        c.invoke(graph, {"log": []}, {**THREAD, "metadata": {"by": "first"}})
        c.invoke(graph, {"log": []}, {**THREAD, "metadata": {"by": "second"}})
        c.history(graph, THREAD, limit=2)
        c.history(graph, THREAD, filter={"source": "input"})
        c.history(graph, THREAD, filter={"by": "first", "source": "loop"}, limit=1)
        c.history(graph, THREAD, before=at(c, graph, 1))
        c.history(graph, at(c, graph, 1))

    same(program)


def test_a_thread_id_may_be_a_number(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a")
        c.invoke(graph, {"log": []}, {"configurable": {"thread_id": 1}})
        c.state(graph, {"configurable": {"thread_id": 1}})
        c.history(graph, {"configurable": {"thread_id": 1}})
        c.update_state(graph, {"configurable": {"thread_id": 1}}, {"log": ["put"]})
        c.state(graph, THREAD)

    same(program)


def test_a_command_that_is_not_applied_yet_is_in_the_values_but_not_in_the_tasks(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a", "b", interrupt_before=["b"])
        c.invoke(graph, {"log": []}, THREAD)
        c.stream(graph, lg.Command(update={"log": ["put"]}), THREAD, stream_mode="debug", interrupt_before=["a", "b"])
        c.state(graph, THREAD)
        c.history(graph, THREAD)

    same(program)


# writing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [{"log": ["put"]}, None, {}, {"nokey": 1}])
@pytest.mark.parametrize("ran", [False, True])
def test_update_state_writes_as_the_node_in_as_node(same: Any, values: Any, ran: bool) -> None:
    def program(c: Any, lg: Any) -> None:
        for as_node in (None, "a", "b", "c", "__start__", "__input__", "__end__", "nobody"):
            graph = chain(lg, "a", "b", "c", interrupt_before=["b"])
            if ran:
                c.invoke(graph, {"log": ["in"]}, THREAD)
            c.update_state(graph, THREAD, values, as_node=as_node)
            c.state(graph, THREAD)
            c.stream(graph, None, THREAD)
            c.history(graph, THREAD)

    same(program)


def test_an_update_needs_as_node_if_two_nodes_ran_last(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        g = lg.StateGraph(State)
        for name in ("a", "b"):
            g.add_node(name, lambda state: {"log": ["x"]})
            g.add_edge(lg.START, name)
        graph = g.compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": []}, THREAD)
        c.update_state(graph, THREAD, {"log": ["put"]})
        c.update_state(graph, THREAD, {"log": ["put"]}, as_node="b")
        c.history(graph, THREAD)

    same(program)


def test_an_update_follows_the_edges_and_routing_functions_of_its_node(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def route(state: Any) -> Any:
            c.log.append(dict(state))
            return [lg.Send("b", {"log": ["sent"]}), "c"]

        g = lg.StateGraph(State)
        for name in ("a", "b", "c"):
            g.add_node(name, lambda state, name=name: {"log": [name]})
        g.add_edge(lg.START, "a")
        g.add_conditional_edges("a", route)
        graph = g.compile(checkpointer=InMemorySaver())
        c.update_state(graph, THREAD, {"log": ["put"], "more": 1}, as_node="a")
        c.state(graph, THREAD)
        c.stream(graph, None, THREAD)
        c.flush_log()

    same(program)


def test_an_update_may_be_a_command(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a", "b", "c")
        c.update_state(graph, THREAD, lg.Command(update={"log": ["put"]}, goto="c"), as_node="a")
        c.state(graph, THREAD)
        c.stream(graph, None, THREAD)

    same(program)


@pytest.mark.parametrize("values", [{"log": ["put"]}, None])
def test_an_update_while_tasks_are_unfinished_replaces_them(same: Any, values: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        for as_node in ("wrote", "silent", "asks", "last", "__end__", "__input__", None):
            graph = fan(lg, c)
            c.invoke(graph, {"log": ["in"]}, THREAD)
            c.update_state(graph, THREAD, values, as_node=as_node)
            c.state(graph, THREAD)
            c.stream(graph, None, THREAD)
            c.history(graph, THREAD)
            c.flush_log()

    same(program)


def test_bulk_updates_are_one_superstep_or_several(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a", "b", "c")
        up = lg.StateUpdate

        def bulk(*supersteps: Any) -> None:
            call = graph.abulk_update_state if c.is_async else graph.bulk_update_state
            c.call("bulk", lambda: call(THREAD, supersteps))

        bulk([up({"log": ["x"]}, "a"), up({"log": ["y"]}, "b")], [up({"log": ["z"]}, "c")])
        bulk([up({"log": ["x"]}, "a"), up({"log": ["y"]}, "a")])
        bulk([up({"log": ["x"]}, "a"), up({"log": ["y"]}, None)])
        bulk([up({"log": ["x"]}, "__input__"), up({"log": ["y"]}, "a")])
        bulk([up(None, "__end__"), up({"log": ["y"]}, "a")])
        bulk([up({"log": ["in"]}, "__input__")], [up({"log": ["a"]}, "a")], [up({"log": ["b"]}, "b")])
        bulk()
        bulk([])
        c.history(graph, THREAD)

    same(program)


def test_an_update_with_a_task_id_sets_the_result_of_the_task(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = fan(lg, c)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        task = next(each for each in graph.get_state(THREAD).tasks if each.name == "asks")
        c.update_state(graph, THREAD, {"log": ["for it"]}, as_node="asks", task_id=task.id)
        c.history(graph, THREAD)

    same(program)


# going back ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [-1, 0, 1, 2, 3])
def test_a_run_from_an_old_checkpoint_replays_the_steps_after_it(same: Any, step: int) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a", "b", "c")
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.stream(graph, None, at(c, graph, step), stream_mode=["updates", "values", "debug"])
        c.state(graph, THREAD)
        c.history(graph, THREAD)

    same(program)


@pytest.mark.parametrize("step", [-1, 0, 1, 2, 3])
def test_new_input_at_an_old_checkpoint_creates_a_branch(same: Any, step: int) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a", "b", "c")
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.stream(graph, {"log": ["again"]}, at(c, graph, step), stream_mode=["updates", "values", "debug"])
        c.history(graph, THREAD)

    same(program)


@pytest.mark.parametrize("step", [-1, 0, 1, 2])
@pytest.mark.parametrize("as_node", [None, "a", "b", "__copy__"])
def test_updating_an_old_checkpoint_creates_a_branch_that_can_be_resumed(same: Any, step: int, as_node: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a", "b", "c")
        c.invoke(graph, {"log": ["in"]}, THREAD)
        values = None if as_node == "__copy__" else {"log": ["changed"]}
        fork = c.update_state(graph, at(c, graph, step), values, as_node=as_node)
        c.state(graph, THREAD)
        c.stream(graph, None, fork or THREAD, stream_mode=["updates", "debug"])
        c.history(graph, THREAD)

    same(program)


def test_a_copied_checkpoint_may_be_updated_at_once(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = fan(lg, c)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.invoke(graph, lg.Command(resume="yes"), THREAD)
        changes = [({"log": ["w"]}, "wrote"), ({"log": ["a"]}, "asks")]
        c.update_state(graph, at(c, graph, 0), changes, as_node="__copy__")
        c.history(graph, THREAD)
        c.stream(graph, None, THREAD)

    same(program)


@pytest.mark.parametrize("again", ["none", "resume", "input"])
def test_an_interrupt_in_the_past_is_raised_again(same: Any, again: str) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = fan(lg, c)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.invoke(graph, lg.Command(resume="yes"), THREAD)
        graph_input = {"none": None, "resume": lg.Command(resume="other"), "input": {"log": ["new"]}}[again]
        c.stream(graph, graph_input, at(c, graph, 0), stream_mode=["updates", "values", "checkpoints"])
        c.history(graph, THREAD)
        c.invoke(graph, lg.Command(resume="third"), THREAD)
        c.history(graph, THREAD)
        c.flush_log()

    same(program)


def test_resuming_the_latest_checkpoint_by_id_is_like_resuming_the_thread(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = fan(lg, c)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.stream(graph, lg.Command(resume="yes"), at(c, graph, 0), stream_mode=["updates", "checkpoints"])
        c.history(graph, THREAD)
        c.flush_log()

    same(program)


def test_a_command_at_an_old_checkpoint_creates_a_branch(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = chain(lg, "a", "b", "c")
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.stream(graph, lg.Command(update={"log": ["put"]}), at(c, graph, 1), stream_mode=["updates", "debug"])
        c.history(graph, THREAD)

    same(program)


def test_resuming_a_branch_twice_runs_its_finished_tasks_again(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = fan(lg, c)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        fork = c.update_state(graph, at(c, graph, -1), {"log": ["changed"]}, as_node="__start__")
        c.stream(graph, None, {**THREAD, **fork}, stream_mode=["updates", "checkpoints"])
        c.stream(graph, None, {**THREAD, **fork}, stream_mode=["updates", "checkpoints"])
        c.stream(graph, lg.Command(resume="yes"), {**THREAD, **fork}, stream_mode=["updates", "checkpoints"])
        c.stream(graph, None, {**THREAD, **fork}, stream_mode=["updates", "checkpoints"])
        c.history(graph, THREAD)
        c.flush_log()

    same(program)


def test_an_empty_resume_map_answers_nothing(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        graph = fan(lg, c)
        c.invoke(graph, {"log": ["in"]}, THREAD)
        c.stream(graph, lg.Command(resume={}), THREAD)
        c.stream(graph, lg.Command(resume={"no": "id"}), THREAD)
        c.history(graph, THREAD)

    same(program)


def test_an_interrupt_whose_task_failed_later_waits_for_its_answer(same: Any) -> None:
    def program(c: Any, lg: Any) -> None:
        def asks_and_fails(state: Any) -> None:
            lg.interrupt("first")
            raise KeyError("no")

        g = lg.StateGraph(State)
        g.add_node("a", asks_and_fails)
        g.add_node("b", lambda state: {"log": [lg.interrupt("other")]})
        g.add_edge(lg.START, "a")
        g.add_edge(lg.START, "b")
        graph = g.compile(checkpointer=InMemorySaver())
        c.invoke(graph, {"log": []}, THREAD)
        first = next(question.id for question in graph.get_state(THREAD).interrupts if question.value == "first")
        c.invoke(graph, lg.Command(resume={first: 1}), THREAD)
        c.state(graph, THREAD)
        c.invoke(graph, lg.Command(resume=2), THREAD)
        c.state(graph, THREAD)

    same(program)
