"""Handlers that are installed around a run rather than named in its config observe the run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager, CallbackManager, manager
from langchain_core.callbacks.usage import get_usage_metadata_callback
from langchain_core.globals import set_debug
from langchain_core.tracers.context import collect_runs

from lgstream.langchain.installed_handlers import has_installed_handlers
from lgstream.langchain.private import configure_hooks
from tests.langchain.traced_programs import QUESTION, agent


class Names(BaseCallbackHandler):
    """Collects the names of the chain runs it observes."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def on_chain_start(self, *args: Any, **kwargs: Any) -> Any:
        self.names.append(kwargs["name"])


AGENT_TURN = ["agent", "call_model", "should_continue"]

AGENT_RUN = ["LangGraph", *AGENT_TURN, "tools", *AGENT_TURN]


@pytest.fixture
def hooks() -> Iterator[list[Any]]:
    """Hooks that are removed after the test."""
    before = list(configure_hooks)
    yield configure_hooks
    configure_hooks[:] = before


def test_without_handlers_none_are_installed() -> None:
    assert not has_installed_handlers()


def test_usage_callback_counts_each_call_once(hooks: list[Any]) -> None:
    with get_usage_metadata_callback() as usage:
        agent("lgstream").invoke(QUESTION)
    assert usage.usage_metadata["adding"]["total_tokens"] == 14


async def test_usage_callback_counts_async_runs(hooks: list[Any]) -> None:
    with get_usage_metadata_callback() as usage:
        await agent("lgstream").ainvoke(QUESTION)
    assert usage.usage_metadata["adding"]["total_tokens"] == 14


def test_collected_runs_are_one_tree() -> None:
    def names(run: Any) -> Any:
        return [run.name, *(names(child) for child in run.child_runs)]

    with collect_runs() as collector:
        agent("lgstream").invoke(QUESTION)
    turn = ["agent", ["AddingModel"], ["should_continue"]]
    assert [names(run) for run in collector.traced_runs] == [["LangGraph", turn, ["tools", ["add"]], turn]]


def test_registered_hook_observes_graph_and_nodes(hooks: list[Any]) -> None:
    handler, variable = Names(), ContextVar[Any]("names", default=None)
    hooks.append((variable, True, None, None))
    variable.set(handler)
    agent("lgstream").invoke(QUESTION)
    assert handler.names == AGENT_RUN


def test_hook_of_an_environment_variable_observes_runs(hooks: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Names] = []

    class Made(Names):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    hooks.append((ContextVar[Any]("unset", default=None), True, Made, "TRACED_BY_NAMES"))
    agent("lgstream").invoke(QUESTION)
    assert not made
    monkeypatch.setenv("TRACED_BY_NAMES", "1")
    agent("lgstream").invoke(QUESTION)
    assert made[0].names == AGENT_RUN


def _init_that_adds(handler: Names) -> Callable[..., None]:
    original = BaseCallbackManager.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if handler not in self.inheritable_handlers:
            self.add_handler(handler, True)

    return init


def test_replaced_constructor_of_managers_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Names()
    monkeypatch.setattr(BaseCallbackManager, "__init__", _init_that_adds(handler))
    agent("lgstream").invoke(QUESTION)
    assert handler.names == AGENT_RUN


def test_replaced_configure_function_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    handler, original = Names(), manager._configure

    @functools.wraps(original)
    def configure(cls: Any, inheritable: Any = None, *args: Any, **kwargs: Any) -> Any:
        return original(cls, inheritable or [handler], *args, **kwargs)

    monkeypatch.setattr(manager, "_configure", configure)
    agent("lgstream").invoke(QUESTION)
    assert handler.names == AGENT_RUN


def test_replaced_configure_method_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    handler, original = Names(), CallbackManager.configure.__func__  # type: ignore[attr-defined]

    @functools.wraps(original)
    def configure(cls: Any, inheritable_callbacks: Any = None, *args: Any, **kwargs: Any) -> Any:
        return original(cls, inheritable_callbacks or [handler], *args, **kwargs)

    monkeypatch.setattr(CallbackManager, "configure", classmethod(configure))
    agent("lgstream").invoke(QUESTION)
    assert handler.names == AGENT_RUN


def test_debug_mode_prints_the_chain_runs(capsys: pytest.CaptureFixture[str]) -> None:
    set_debug(True)
    try:
        agent("lgstream").invoke(QUESTION)
    finally:
        set_debug(False)
    assert "[chain/start]\x1b[0m \x1b[1m[chain:LangGraph]" in capsys.readouterr().out
