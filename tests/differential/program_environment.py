"""What the programs use besides a package: a log, models, reducers and a thread."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import Annotated, Any

from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, SystemMessage
from langgraph.cache.memory import InMemoryCache
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel
from typing_extensions import TypedDict

from tests.differential.packages import PackageName, package
from tests.reference.models import PlainModel, WordModel
from tests.reference.normalise import plain
from tests.reference.recorder import Recorder


class Boom(Exception):
    """The error of a failing node."""


def larger(old: int, new: int) -> int:
    """A reducer of a user."""
    return max(old, new)


def values_of(state: Any) -> dict[str, Any]:
    """Return a state of any kind as a dict."""
    if isinstance(state, dict):
        return state
    return dict(vars(state)) if hasattr(state, "__dict__") else {"log": [state]}


def size(state: Any) -> int:
    """Return the size of a state, which grows as nodes write, so that a node can depend on it."""
    values = values_of(state)
    return len(values.get("log") or ()) + (values.get("total") or 0)


def pick(state: Any, answers: list[Any]) -> Any:
    """Return one of the answers: the fuller the state, the later."""
    return answers[min(size(state), len(answers) - 1)]


_LOGGED_METADATA = (
    "langgraph_step",
    "langgraph_node",
    "langgraph_triggers",
    "langgraph_path",
    "langgraph_checkpoint_ns",
)


class ProgramEnvironment:
    """What one program uses in one run on one package."""

    def __init__(self, name: PackageName, recorder: Recorder) -> None:
        self.package = package(name)
        self.recorder = recorder
        self._failed: dict[str, int] = {}
        self._graph: Any = None

    def seen(self, name: str, state: Any) -> None:
        """Log the state that a function gets, and the metadata of its task."""
        metadata = self.package.get_config()["metadata"]
        self.recorder.log.append([name, plain(state), {key: plain(metadata.get(key)) for key in _LOGGED_METADATA}])

    def boom(self, name: str, times: int) -> None:
        """Raise Boom in the first ``times`` calls of a task."""
        task = self.package.get_config()["metadata"]["langgraph_checkpoint_ns"]
        self._failed[task] = self._failed.get(task, 0) + 1
        if self._failed[task] <= times:
            raise Boom(f"{name} failed")

    def bind(self, graph: Any) -> None:
        """Set the graph of the thread."""
        self._graph = graph

    def thread(self, at: int | None = None, **config: Any) -> dict[str, Any]:
        """Return the config of the thread, at a checkpoint counted from the newest if there are so many."""
        thread_config: dict[str, Any] = {"configurable": {"thread_id": "1"}, **config}
        if at is not None:
            history = list(self._graph.get_state_history(thread_config))
            if at < len(history):
                thread_config["configurable"] = dict(history[at].config["configurable"])
        return thread_config

    def to_all(self, answer: str) -> dict[str, str]:
        """Return an answer to each open interrupt, by its id."""
        return {interrupt.id: f"{answer}{index}" for index, interrupt in enumerate(self._open_interrupts())}

    def by_the_way(self) -> dict[str, Any]:
        """Return an update for a Command, unless the thread is new: then langgraph would apply it twice."""
        return {"update": {"log": ["by the way"]}} if self._graph.get_state(self.thread()).created_at else {}

    def to_first(self, answer: str) -> dict[str, str]:
        """Return an answer to the first open interrupt, by its id."""
        return {interrupt.id: answer for interrupt in self._open_interrupts()[:1]}

    def _open_interrupts(self) -> list[Any]:
        return list(self._graph.get_state(self.thread()).interrupts)

    def namespace(self) -> dict[str, Any]:
        """Return the names that the source of a program may use."""
        fixed = WordModel(reply="fixed answer", fixed_id="fix")
        return {
            **vars(self.package), "__name__": "program", "c": self.recorder, "operator": operator,
            "Annotated": Annotated, "Any": Any, "TypedDict": TypedDict, "BaseModel": BaseModel, "dataclass": dataclass,
            "field": field, "AIMessage": AIMessage, "HumanMessage": HumanMessage, "RemoveMessage": RemoveMessage,
            "SystemMessage": SystemMessage, "Boom": Boom, "larger": larger, "size": size, "pick": pick,
            "values_of": values_of, "seen": self.seen, "boom": self.boom, "thread": self.thread, "to_all": self.to_all,
            "to_first": self.to_first,
            "by_the_way": self.by_the_way, "saver": InMemorySaver, "cache": InMemoryCache, "model": WordModel(),
            "fixed_model": fixed, "plain_model": PlainModel(), "silent_model": WordModel(tags=["nostream"]),
            "bind": self.bind,
        }  # fmt: skip
