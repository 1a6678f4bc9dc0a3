"""Observe the runs of langgraph graphs that other code starts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from functools import wraps
from typing import Any

from lgstream.adapters.langgraph.run_tap import RunTap, is_nested_run
from lgstream.sinks import Sink

__all__ = ["intercept_runs"]


@contextmanager
def intercept_runs(sink: Sink) -> Iterator[None]:
    """Send the events of every langgraph run that starts in the block, in any thread or task, to ``sink``.

    ``Pregel.stream`` and ``Pregel.astream``, which ``invoke`` and ``ainvoke`` call, are replaced and restored at the
    end of the block. What they yield, return and raise is unchanged. A run inside another run is part of that run.
    """
    from langgraph.pregel import Pregel

    stream: Any = Pregel.stream
    astream: Any = Pregel.astream

    def observed_stream(self: Any, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:
        if is_nested_run(config):
            yield from stream(self, input, config, **kwargs)
            return
        with RunTap(self, [sink]) as tap:
            yield from stream(self, input, tap.start(input, config), **kwargs)
            tap.result = tap.output()

    async def observed_astream(self: Any, input: Any, config: Any = None, **kwargs: Any) -> AsyncIterator[Any]:
        if is_nested_run(config):
            async with aclosing(astream(self, input, config, **kwargs)) as chunks:
                async for chunk in chunks:
                    yield chunk
            return
        async with RunTap(self, [sink]) as tap:
            async with aclosing(astream(self, input, tap.start(input, config), **kwargs)) as chunks:
                async for chunk in chunks:
                    yield chunk
            tap.result = tap.output()

    pregel: Any = Pregel
    pregel.stream, pregel.astream = wraps(stream)(observed_stream), wraps(astream)(observed_astream)
    try:
        yield
    finally:
        pregel.stream, pregel.astream = stream, astream
