"""Console: the text that is printed for a run."""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from lgstream.events import (
    CallFinished,
    CallStarted,
    Custom,
    Event,
    GraphStarted,
    Interrupted,
    Message,
    NodeShape,
    RunFinished,
    RunStarted,
    Shape,
    TaskFinished,
    TaskStarted,
    Token,
    Update,
)
from lgstream.graph import MessagesState, StateGraph
from lgstream.sinks import Console
from lgstream.types import Interrupt

START = RunStarted(10.0, (), "run-uuid", "joke graph", {}, None)


def task(task_id: str, node: str, ns: tuple[str, ...] = (), step: int = 1) -> TaskStarted:
    return TaskStarted(10.0, ns, step, task_id, node, {}, ())


def token(text: str, call: str = "c1", task_id: str = "t1", node: str = "write", **more: Any) -> Token:
    return Token(10.0, (), task_id, node, call, AIMessageChunk(content=text, **more), {})


def call(call_id: str = "c1", task_id: str = "t1") -> CallStarted:
    return CallStarted(10.0, (), task_id, "write", call_id, "gpt", ())


def console_text(*events: Event) -> str:
    file = io.StringIO()
    sink = Console(file)
    for event in events:
        sink(event)
    return file.getvalue()


def test_tokens_share_a_line_below_node_and_model():
    end = CallFinished(10.0, (), "t1", "write", "c1", None, None)
    text = console_text(START, task("t1", "write"), call(), token("Why "), token("not?"), end)
    assert text == "▶ joke graph\nwrite · gpt\nWhy not?\n"


def test_interleaved_calls_get_a_heading_at_each_change():
    text = console_text(call("c1"), call("c2"), token("a", "c1"), token("b", "c2"), token("c", "c1"))
    assert text == "write · gpt\na\nwrite · gpt\nb\nwrite · gpt\nc"


def test_tool_calls_are_shown_as_they_arrive():
    first = {"name": "search", "args": "", "id": "1", "index": 0, "type": "tool_call_chunk"}
    then = {"name": None, "args": '{"q": 1}', "id": None, "index": 0, "type": "tool_call_chunk"}
    text = console_text(token("", tool_call_chunks=[first]), token("", tool_call_chunks=[then]))
    assert text == 'write\n→ search {"q": 1}'


def test_a_whole_message_of_a_call_is_shown_and_the_output_of_a_node_is_shown_by_its_update_only():
    answer = AIMessage("Hello", tool_calls=[{"name": "f", "args": {"x": 1}, "id": "1"}])
    text = console_text(
        Message(10.0, (), "t1", "write", "c1", answer, {}), Message(10.0, (), "t1", "write", "", answer, {})
    )
    assert text == 'write\nHello\n→ f {"x": 1}'


def test_each_streamed_tool_call_starts_a_line():
    def part(index: int, args: str, name: str | None = None) -> Token:
        chunk = {"name": name, "args": args, "id": None, "index": index, "type": "tool_call_chunk"}
        return token("", tool_call_chunks=[chunk])

    text = console_text(token("Let me look. "), part(0, "", "look"), part(0, "{}"), part(1, "{}", "listen"))
    assert text == "write\nLet me look. \n→ look {}\n→ listen {}"


def test_an_update_shows_the_tool_calls_of_a_message_instead_of_its_fields():
    message = AIMessage("", tool_calls=[{"name": "look", "args": {"at": "owls"}, "id": "1"}])
    text = console_text(Update(10.0, (), 1, "t1", "write", {"messages": [message]}, cached=False))
    assert text == "✓ write {\"messages\": [\"→ look {'at': 'owls'}\"]}\n"


def test_an_interrupt_of_a_nested_graph_is_shown_once():
    interrupts = (Interrupt("Go on?", "id-1"),)
    nested = Interrupted(10.0, ("sub:t0",), 1, "t1", "ask", interrupts, {})
    around = Interrupted(10.0, (), 1, "t0", "sub", interrupts, {})
    assert console_text(nested, around) == "? sub › ask Go on?\n"


def test_an_update_is_a_line_and_ends_the_line_of_tokens():
    text = console_text(token("Hi"), Update(10.0, (), 1, "t1", "write", {"joke": "Hi", "n": [AIMessage("Hi")]}, False))
    assert text == 'write\nHi\n✓ write {"joke": "Hi", "n": ["Hi"]}\n'


def test_nodes_of_subgraphs_are_shown_by_name_not_uuid():
    uuid = "0b9f9b0e-0000-0000-0000-000000000000"
    text = console_text(task(uuid, "research"), Custom(10.0, (f"research:{uuid}", "1"), "t2", "find", "looking"))
    assert text == "· research › #2 › find: looking\n"


def test_graphs_that_a_task_calls_are_shown_by_name():
    ns = ("tools:t1",), ("tools:t1", "1")
    text = console_text(
        START,
        task("t1", "tools"),
        GraphStarted(10.0, ns[0], "zoologist", "t1", "tools"),
        Custom(10.0, ns[0], "t2", "find", "looking"),
        GraphStarted(10.0, ns[1], "botanist", "t1", "tools"),
        Custom(10.0, ns[1], "t3", "find", "looking"),
    )
    assert "· tools › zoologist › find: looking\n· tools › botanist › find: looking" in text


def test_graphs_that_are_nodes_are_shown_by_the_names_of_the_nodes():
    shape = Shape("g", (NodeShape("research", Shape("writer", (), ())),), ())
    text = console_text(
        START._replace(shape=shape),
        task("t1", "research"),
        GraphStarted(10.0, ("research:t1",), "writer", "t1", "research"),
        Custom(10.0, ("research:t1",), "t2", "find", "looking"),
    )
    assert "· research › find: looking" in text


def test_parallel_tasks_of_one_node_are_numbered():
    events: list[Event] = [task(f"t{n}", "worker") for n in (1, 2)]
    text = console_text(*events, *(Custom(10.0, (), f"t{n}", "worker", n) for n in (1, 2)))
    assert text == "· worker: 1\n· worker #2: 2\n"


def test_numbering_restarts_with_each_run():
    run: list[Event] = [START, task("t1", "worker"), Custom(10.0, (), "t1", "worker", 1)]
    assert console_text(*run, *run) == 2 * "▶ joke graph\n· worker: 1\n"


def test_errors_and_interrupts_and_the_end_are_lines():
    failed = TaskFinished(10.0, (), 1, "t1", "write", {}, ValueError("two\nlines"), ())
    asked = Interrupted(10.0, (), 1, "t1", "ask", ({"value": 1},), {})
    end = RunFinished(12.5, (), "run-uuid", "failed", None, ValueError("two\nlines"))
    text = console_text(START, failed, asked, end)
    assert text == '▶ joke graph\n✗ write: ValueError: two lines\n? ask {"value": 1}\n✗ failed in 2.5 s\n'


def test_a_static_breakpoint_is_shown_without_a_task():
    assert console_text(Interrupted(10.0, (), 1, "", "", (), {})) == "? breakpoint\n"


def test_a_long_update_is_truncated():
    line = console_text(Update(10.0, (), 1, "t1", "write", {"x": "y" * 100_000}, False))
    assert len(line) < 400 and line.endswith("…\n")


def test_control_sequences_of_a_model_do_not_reach_the_terminal():
    assert console_text(token("\x1b[2Jgone\x07\n\tkept")) == "write\n[2Jgone\n\tkept"


def test_without_a_file_it_writes_to_the_current_stdout(monkeypatch: pytest.MonkeyPatch):
    sink = Console()
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    sink(START)
    assert out.getvalue() == "▶ joke graph\n"


def test_terminal_output_is_coloured():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    file = Terminal()
    sink = Console(file)
    sink(Update(10.0, (), 1, "t1", "write", {"markup": "[red]"}, False))
    assert "✓ write" in file.getvalue() and "[red]" in file.getvalue()


def of_run(event: Event, run_id: str) -> Event:
    return event._replace(run_id=run_id)


def test_lines_of_runs_in_progress_at_once_are_numbered_and_keep_their_own_names_and_times():
    update = Update(12.0, (), 1, "t1", "write", "x", False)
    end = RunFinished(13.0, (), "", "done", None, None)
    text = console_text(
        of_run(START, "one"),
        of_run(task("t1", "write"), "one"),
        of_run(START._replace(time=12.0), "two"),
        of_run(task("t2", "write"), "two"),
        of_run(update, "one"),
        of_run(update._replace(task_id="t2"), "two"),
        of_run(end, "one"),
        of_run(end, "two"),
        of_run(START, "three"),
        of_run(end, "three"),
    )
    assert text.splitlines() == [
        "▶ joke graph",
        "[2] ▶ joke graph",
        "[1] ✓ write x",
        "[2] ✓ write x",
        "[1] ✓ done in 3.0 s",
        "[2] ✓ done in 1.0 s",
        "▶ joke graph",
        "✓ done in 3.0 s",
    ]


def test_a_run_ends_the_line_of_another_run():
    text = console_text(
        of_run(START, "one"),
        of_run(START, "two"),
        of_run(token("Why ", "c1"), "one"),
        of_run(token("A ", "c2"), "two"),
        of_run(token("not?", "c1"), "one"),
    )
    assert text.splitlines()[2:] == ["[1] write", "Why ", "[2] write", "A ", "[1] write", "not?"]


def test_runs_in_many_threads_do_not_mix_their_lines():
    file = io.StringIO()
    sink = Console(file)

    def node(state: MessagesState) -> MessagesState:
        return {"messages": [AIMessage("x" * 50)]}

    builder = StateGraph(MessagesState)
    for name in "abc":
        builder.add_node(name, node)
    graph = builder.add_edge("__start__", "a").add_edge("a", "b").add_edge("b", "c").compile(sinks=[sink])
    graph.batch([{"messages": []}] * 8)
    lines = file.getvalue().splitlines()
    numbered = Counter(line.split()[0] for line in lines if line.startswith("["))
    assert len(lines) == 8 * 5 and all(re.match(r"(\[\d\] )?(▶ |✓ [abc] |✓ done)", line) for line in lines)
    assert not numbered or max(numbered.values()) <= 5
