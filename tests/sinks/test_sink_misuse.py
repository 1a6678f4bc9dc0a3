"""What is not a sink is refused at once, by an exception that names the thing, the rule and the remedy."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest

import lgstream
from lgstream.adapters.langgraph.runs import invoke_with_sinks
from lgstream.events import Event
from lgstream.func import entrypoint
from lgstream.graph import START, StateGraph
from lgstream.sinks import Collect, Console, Jsonl, Queued, attach


async def post(event: Event) -> None: ...


class Post:
    async def __call__(self, event: Event) -> None: ...


class Wants:
    wants = Event

    def __call__(self, event: Event) -> None: ...


def builder() -> Any:
    return StateGraph(dict).add_node("a", lambda state: {}).add_edge(START, "a")


def compile_with(sinks: Any) -> None:
    builder().compile(sinks=sinks)


def invoke_with(sinks: Any) -> None:
    builder().compile().invoke({}, sinks=sinks)


def stream_with(sinks: Any) -> None:
    next(builder().compile().stream({}, sinks=sinks))


def ainvoke_with(sinks: Any) -> None:
    asyncio.run(builder().compile().ainvoke({}, sinks=sinks))


def watch_with(sinks: Any) -> None:
    lgstream.watch(builder().compile(), {}, sinks=sinks)


def awatch_with(sinks: Any) -> None:
    asyncio.run(lgstream.awatch(builder().compile(), {}, sinks=sinks))


def invoke_langgraph_with(sinks: Any) -> None:
    invoke_with_sinks(None, {}, sinks=sinks)


WAYS = [
    compile_with, invoke_with, stream_with, ainvoke_with, watch_with, awatch_with, invoke_langgraph_with
]  # fmt: skip


@pytest.mark.parametrize("use", WAYS)
@pytest.mark.parametrize(
    ("sinks", "message"),
    [
        ([5], "A sink is a callable that takes an event; 5 is not callable. Pass a function, or one of"),
        ([Collect(), "log.jsonl"], r"'log.jsonl' is not callable. Pass .* Jsonl\('run.jsonl'\)"),
        ([Collect], r"Collect is a class: pass an instance, Collect\(\.\.\.\)"),
        (Collect(), r"sinks is <.*Collect.*>, and must be a list of sinks: put it into a list: sinks=\[\.\.\.\]"),
        (print, "put it into a list"),
        ("log.jsonl", "sinks is 'log.jsonl', and must be a list of sinks"),
        (5, r"sinks is 5, and must be a list of sinks: pass sinks=\[\.\.\.\]"),
        (None, "sinks is None, and must be a list of sinks"),
        ({"log": print}, "must be a list of sinks"),
        ([post], "post is async. Pass on the events to a task"),
    ],
)
def test_what_is_not_a_list_of_sinks_is_refused_wherever_it_is_passed(
    use: Callable[[Any], None], sinks: Any, message: str
):
    with pytest.raises(TypeError, match=message):
        use(sinks)


@pytest.mark.parametrize(
    ("sink", "message"),
    [
        (5, "5 is not callable"),
        ([Collect()], "is not callable"),
        (Collect, "pass an instance"),
        (Post(), r"Post is async\..*loop.call_soon_threadsafe\(queue.put_nowait, event\)"),
        (Post().__call__, "is async"),
        (functools.partial(post), "is async"),
        (asyncio.Queue[Event]().put_nowait, "of an asyncio.Queue, which only its event loop may use"),
        (Wants(), r"Wants.wants holds .*may hold only classes of lgstream.events"),
    ],
)
def test_what_is_not_a_sink_is_refused_by_attach_and_queued(sink: Any, message: str):
    with pytest.raises(TypeError, match=message), attach(sink):
        pass
    with pytest.raises(TypeError, match=message):
        Queued(sink)


def test_an_entrypoint_refuses_what_is_not_a_sink():
    @entrypoint()
    def main(value: Any) -> Any:
        return value

    with pytest.raises(TypeError, match="5 is not callable"):
        main.invoke({}, sinks=[5])


def test_limits_of_a_queue_that_make_no_sense_are_refused():
    for arguments, message in (
        ({"size": 0}, "size is 0, and must be greater than 0"),
        ({"timeout": -1}, "timeout is -1, and must be greater than 0"),
        ({"overflow": "coalesce"}, "overflow is 'coalesce', and must be one of drop_oldest, block"),
    ):
        with pytest.raises(ValueError, match=message):
            Queued(print, **arguments)


@pytest.mark.parametrize("sink_class", [Console, Jsonl])
@pytest.mark.parametrize("file", [5, b"x", [], print])
def test_a_sink_that_writes_refuses_what_is_not_a_file(sink_class: Any, file: Any):
    with pytest.raises(TypeError, match="text file open for writing, not"):
        sink_class(file)


def test_the_console_says_how_to_write_to_a_path():
    with pytest.raises(TypeError, match=r"Console takes a text file .*, not 'f.txt'. Open it: open\('f.txt', 'w'"):
        Console("f.txt")  # type: ignore[arg-type]


def test_a_file_opened_for_bytes_is_refused(tmp_path: Any):
    with (tmp_path / "run.jsonl").open("wb") as file, pytest.raises(TypeError, match="text file open for writing"):
        Jsonl(file)
