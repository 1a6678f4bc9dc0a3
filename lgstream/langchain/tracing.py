"""Reports runs to langchain's callbacks: a graph is a chain run, and its nodes are child runs.

This is only needed for callbacks other than lgstream's own, such as tracers, users' handlers and ``astream_events``;
without them no code of this module runs during a run. Calls of handlers are effects, with a sync and an async form.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from lgstream.effects.effects import CallEffect, Effects

T = TypeVar("T")

_WORDS_OF_SECRETS = ("key", "token", "secret", "password", "auth")


class RunListener:
    """Base of the callback handlers that turn what langchain reports into events, and for which no run is traced."""


def callback_handlers(callbacks: Any) -> list[Any]:
    """Return the handlers in a config's callbacks, which are a list, a callback manager or None."""
    return callbacks if isinstance(callbacks, list) else list(getattr(callbacks, "handlers", ()))


def is_traced(config: Mapping[str, Any], is_root: bool = True, is_in_langgraph: bool = False) -> bool:
    """Return True if a handler other than lgstream's listeners observes the run with this config.

    Handlers that langchain-core adds by itself are added to the root run; nested runs inherit them.

    Args:
        config: the config of the run.
        is_root: False for a nested run.
        is_in_langgraph: True if the run is nested in one of langgraph. lgstream's listeners, which belong to a run
            around that one, then observe the chain runs of graphs and nodes, too.
    """
    handlers = callback_handlers(config.get("callbacks"))
    if handlers and (is_in_langgraph or not all(isinstance(handler, RunListener) for handler in handlers)):
        return True
    if not is_root:
        return False
    from lgstream.langchain.installed_handlers import has_installed_handlers

    return has_installed_handlers()


def own_node_run(callbacks: Any, run_id: str) -> UUID | None:
    """Return an id for the chain run of a node of lgstream's own; None to let langchain choose one.

    Args:
        callbacks: the callbacks of the run.
        run_id: the id of the root run of lgstream. Its listeners ignore the chain run.
    """
    from lgstream.langchain.node_messages import NodeMessageListener

    listeners = [
        handler
        for handler in callback_handlers(callbacks)
        if isinstance(handler, NodeMessageListener) and handler.run_id == run_id
    ]
    if not listeners:
        return None
    from langchain_core.utils.uuid import uuid7

    node_run = uuid7()
    for listener in listeners:
        listener.ignore_node_run(node_run)
    return node_run


class TracedRun:
    """A langchain chain run, for one run of a graph or one call of a node.

    Args:
        callbacks: the callbacks that observe it: a list of handlers, a callback manager or None.
        tags: its tags, inherited by child runs.
        metadata: its metadata, inherited by child runs.
        configurable: values that LangSmith shows as metadata, unless their names are those of secrets.
    """

    def __init__(
        self,
        callbacks: Any,
        tags: Sequence[str] | None,
        metadata: Mapping[str, Any],
        configurable: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        shown = {key: value for key, value in configurable.items() if not _is_secret(key)}
        self._config: Any = {
            "callbacks": callbacks,
            "tags": list(tags or ()),
            "metadata": dict(metadata),
            "configurable": shown,
        }
        self._run_manager: Any = None

    @property
    def run_id(self) -> Any:
        """The id of the chain run, a UUID."""
        return self._run_manager.run_id

    def start(self, name: str, value: Any, run_id: Any = None) -> Effects[None]:
        """Report the start of the run with its input."""
        self._run_manager = yield CallEffect(self._start, (name, value, run_id), {}, False, self._astart)

    # A manager is made only where it is used: instrumentations take the last one made for the one of the run.

    def _start(self, name: str, value: Any, run_id: Any) -> Any:
        from langchain_core.runnables.config import get_callback_manager_for_config

        manager = get_callback_manager_for_config(self._config)
        return manager.on_chain_start(None, value, name=name, run_id=run_id)

    async def _astart(self, name: str, value: Any, run_id: Any) -> Any:
        from langchain_core.runnables.config import get_async_callback_manager_for_config

        manager = get_async_callback_manager_for_config(self._config)
        return await manager.on_chain_start(None, value, name=name, run_id=run_id)

    def end(self, output: Any, error: BaseException | None) -> Effects[None]:
        """Report the end of the run with its output or its error; do nothing if the run was not started."""
        if self._run_manager is None:
            return
        is_async = hasattr(self._run_manager, "get_sync")
        method = self._run_manager.on_chain_end if error is None else self._run_manager.on_chain_error
        result = output if error is None else error
        yield CallEffect(method, (result,), {}, is_async, method if is_async else None)

    def enclose(self, effects: Effects[T]) -> Effects[T]:
        """Carry out the effects of the run and return their result; if they fail, report the end of the run."""
        try:
            return (yield from effects)
        except BaseException as error:
            yield from self.end(None, error)
            raise

    def child_callbacks(self, tag: str | None = None) -> Any:
        """Return the callbacks for a child run; ``tag`` marks the place of the child in this run."""
        return self._run_manager.get_child(tag)

    def stream_chunk(self, chunk: Any) -> Effects[None]:
        """Report a node's output to the handlers that observe chunks; only async runs do, as in LangGraph."""
        if handlers := self._streaming_handlers():
            yield CallEffect(_ignore, (handlers, chunk), {}, False, self._atap_chunk)

    def _streaming_handlers(self) -> list[Any]:
        from lgstream.langchain.private import StreamingCallbackHandler

        return [handler for handler in self._run_manager.handlers if isinstance(handler, StreamingCallbackHandler)]

    async def _atap_chunk(self, handlers: list[Any], chunk: Any) -> None:
        for handler in handlers:
            async for _ in handler.tap_output_aiter(self.run_id, _single(chunk)):
                pass


def _is_secret(key: str) -> bool:
    lower_key = key.casefold()
    return any(word in lower_key for word in _WORDS_OF_SECRETS)


def _ignore(handlers: list[Any], chunk: Any) -> None:
    """Do nothing: the chunks of sync runs are not reported."""


async def _single(chunk: Any) -> AsyncIterator[Any]:
    yield chunk


def set_tracing_context(config: dict[str, Any]) -> None:
    """Make the config's run the parent of runs that are traced without callbacks, as by langsmith's ``@traceable``."""
    from lgstream.langchain.private import set_config_context

    set_config_context(config)  # type: ignore[arg-type]
