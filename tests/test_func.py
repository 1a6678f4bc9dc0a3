"""The functional API: what the recorded cases do not cover."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import Any, TypedDict

import pytest
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver

from lgstream.func import entrypoint, task
from lgstream.types import CachePolicy, RetryPolicy
from lgstream.warnings import LgstreamDeprecationWarning


def test_updates_of_tasks_are_streamed_while_the_entrypoint_runs() -> None:
    chunk_received = threading.Event()

    @task
    def early() -> str:
        return "early"

    @entrypoint()
    def flow(x: int) -> bool:
        early().result()
        return chunk_received.wait(10)

    chunks = []
    for chunk in flow.stream(1):
        chunks.append(chunk)
        chunk_received.set()
    assert chunks == [{"early": "early"}, {"flow": True}]


def test_a_task_from_a_partial_is_named_after_the_function() -> None:
    def scale(by: int, x: int) -> int:
        return by * x

    @entrypoint()
    def flow(x: int) -> int:
        return task(functools.partial(scale, 3))(x).result()

    assert list(flow.stream(2)) == [{"scale": 6}, {"flow": 6}]


def test_older_keywords_of_tasks_and_entrypoints_work_and_warn() -> None:
    attempts: list[int] = []

    class Context(TypedDict):
        user: str

    def fail_once() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise ValueError
        return len(attempts)

    twice: Any = {"retry": RetryPolicy(max_attempts=2, initial_interval=0, retry_on=ValueError)}
    with pytest.warns(LgstreamDeprecationWarning, match="`retry` is the old name of `retry_policy` in task"):
        failing_task = task(**twice)(fail_once)

    with pytest.warns(LgstreamDeprecationWarning) as found:

        @entrypoint(retry=RetryPolicy(max_attempts=1), config_schema=Context)
        def flow(x: int) -> int:
            return int(failing_task().result())

    assert len(found) == 2
    assert flow.invoke(0) == 2
    assert flow.context_schema is Context


@pytest.mark.parametrize("function", [task, entrypoint])
def test_an_unknown_keyword_of_a_task_or_an_entrypoint_is_an_error(function: Any) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'retries'"):
        function(retries=3)


def test_the_json_schemas_of_an_entrypoint_follow_its_annotations() -> None:
    @entrypoint()
    def flow(x: list[int]) -> entrypoint.final[str, int]:
        return entrypoint.final(value="done", save=1)

    assert flow.get_input_jsonschema()["items"] == {"type": "integer"}
    assert flow.get_output_jsonschema()["type"] == "string"


@pytest.mark.parametrize("cleared", ["task", "graph"])
def test_clear_cache_deletes_the_results_of_an_entrypoint_or_a_task(cleared: str) -> None:
    runs = []

    @task(cache_policy=CachePolicy())
    def count(x: int) -> int:
        runs.append(x)
        return x

    cache: InMemoryCache[object] = InMemoryCache()

    @entrypoint(cache=cache, cache_policy=CachePolicy())
    def flow(x: int) -> int:
        return count(x).result()

    flow.invoke(1)
    flow.invoke(1)
    assert runs == [1]
    flow.clear_cache()
    flow.invoke(1)
    assert runs == [1]  # the entrypoint ran again, its task is still cached
    if cleared == "task":
        flow.clear_cache()
        count.clear_cache(cache)
        flow.invoke(1)
        assert runs == [1, 1]


def test_clear_cache_needs_a_cache() -> None:
    @entrypoint()
    def flow(x: int) -> int:
        return x

    with pytest.raises(ValueError, match="No cache is set"):
        flow.clear_cache()


def test_a_saver_whose_put_writes_has_no_task_path_works() -> None:
    class OlderSaver(InMemorySaver):
        def put_writes(self, config, writes, task_id):  # type: ignore[override]
            super().put_writes(config, writes, task_id)

    @entrypoint(checkpointer=OlderSaver())
    def flow(x: int) -> int:
        return x + 1

    assert flow.invoke(1, {"configurable": {"thread_id": "1"}}) == 2


@pytest.mark.parametrize("is_async", [False, True])
def test_tasks_that_call_tasks_do_not_deadlock_with_max_concurrency_1(is_async: bool) -> None:
    @task
    async def ainner(x: int) -> int:
        return x + 1

    @task
    async def aouter(x: int) -> int:
        return await ainner(x)

    @entrypoint()
    async def aflow(x: int) -> list[int]:
        return [await aouter(x), await aouter(2)]

    @task
    def inner(x: int) -> int:
        return x + 1

    @task
    def outer(x: int) -> int:
        return inner(x).result()

    @entrypoint()
    def flow(x: int) -> list[int]:
        return [outer(x).result(), outer(2).result()]

    config: Any = {"max_concurrency": 1}
    if is_async:
        assert asyncio.run(asyncio.wait_for(aflow.ainvoke(1, config), 60)) == [2, 3]
    else:
        assert flow.invoke(1, config) == [2, 3]


def test_a_task_may_be_called_after_the_stream_was_closed() -> None:
    calls: list[int] = []

    @task
    def step(number: int) -> int:
        calls.append(number)
        return number

    @entrypoint()
    def count_up(limit: int) -> list[int]:
        return [step(number).result() for number in range(limit)]

    stream = count_up.stream(5, stream_mode="updates")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert calls == [0, 1, 2, 3, 4]
