"""Runs as langchain's callbacks see them: a graph is a chain run, its nodes are child runs.

Only where somebody else than this package listens (a tracer, a user's handler, ``astream_events``): without callbacks
nothing here runs. Sans-IO: what to call comes as effects with a sync and an async form.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from typing import Any

from lgstream.engine.callables import Call, Effect


def handlers_of(callbacks: Any) -> list[Any]:
    """The handlers in a config's callbacks, a list or a manager."""
    return callbacks if isinstance(callbacks, list) else list(getattr(callbacks, "handlers", ()))


def _tracing() -> bool:
    """Whether langchain would add a tracer of its own, by the environment or by a context."""
    from langchain_core.tracers.context import _tracing_v2_is_enabled

    return bool(_tracing_v2_is_enabled())


def is_traced(config: Mapping[str, Any], is_root: bool = True) -> bool:
    """Whether anyone but a ModelListener hears this run's callbacks.

    A tracer that langchain adds of its own is added to the root's callbacks, from where the nested runs have it.
    """
    handlers = handlers_of(config.get("callbacks") or [])
    return any(type(handler).__name__ != "ModelListener" for handler in handlers) or (is_root and _tracing())


def managers(callbacks: Any, tags: Sequence[str] | None, metadata: Mapping[str, Any]) -> tuple[Any, Any]:
    """A sync and an async callback manager over the same handlers."""
    from langchain_core.callbacks import AsyncCallbackManager, CallbackManager

    own, given = list(tags or ()), dict(metadata)
    return tuple(  # type: ignore[return-value]
        kind.configure(callbacks, inheritable_tags=own, inheritable_metadata=given)
        for kind in (CallbackManager, AsyncCallbackManager)
    )


class Trace:
    """One traced run, of a graph or of a node: opened, perhaps streamed into, closed."""

    def __init__(self, callbacks: Any, tags: Sequence[str] | None, metadata: Mapping[str, Any]) -> None:
        self._managers = managers(callbacks, tags, metadata)
        self._run: Any = None

    @property
    def run_id(self) -> Any:
        return self._run.run_id

    def opened(self, name: str, input: Any, run_id: Any = None) -> Generator[Effect, Any, None]:
        """Start the run."""
        sync, asynchronous = self._managers
        given = {"name": name, "run_id": run_id}
        self._run = yield Call(sync.on_chain_start, (None, input), given, False, asynchronous.on_chain_start)

    def child(self, tag: str | None = None) -> Any:
        """The callbacks of what runs inside."""
        return self._run.get_child(tag)

    def streamed(self, chunk: Any) -> Generator[Effect, Any, None]:
        """Show a chunk to the handlers that follow outputs."""
        for handler in self._following():
            yield Call(self._tapped, (handler, chunk), {}, False, self._atapped)

    def _following(self) -> list[Any]:
        from langchain_core.tracers._streaming import _StreamingCallbackHandler

        return [handler for handler in self._run.handlers if isinstance(handler, _StreamingCallbackHandler)]

    def _tapped(self, handler: Any, chunk: Any) -> None:
        for _ in handler.tap_output_iter(self.run_id, iter([chunk])):
            pass

    async def _atapped(self, handler: Any, chunk: Any) -> None:
        async for _ in handler.tap_output_aiter(self.run_id, _one(chunk)):
            pass

    def chunks(self, chunks: Iterator[Any]) -> Iterator[Any]:
        """The graph's chunks, on their way past the handlers that follow outputs."""
        for handler in self._following():
            chunks = handler.tap_output_iter(self.run_id, chunks)
        return chunks

    def achunks(self, chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """:meth:`chunks` on an event loop."""
        for handler in self._following():
            chunks = handler.tap_output_aiter(self.run_id, chunks)
        return chunks

    def closed(self, output: Any, error: BaseException | None) -> Generator[Effect, Any, None]:
        """End the run."""
        if self._run is None:
            return
        asynchronous = hasattr(self._run, "get_sync")
        method = self._run.on_chain_end if error is None else self._run.on_chain_error
        yield Call(method, (output if error is None else error,), {}, asynchronous, method if asynchronous else None)


def follow(config: dict[str, Any]) -> None:
    """Have what is traced by other means than callbacks (langsmith's decorator) count to the run of this config."""
    from langchain_core.runnables.config import _set_config_context

    _set_config_context(config)  # type: ignore[arg-type]


async def _one(chunk: Any) -> AsyncIterator[Any]:
    yield chunk
