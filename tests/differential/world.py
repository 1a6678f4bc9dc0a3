"""What programs find around them: a log, models, reducers, a thread; the same for both packages."""

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
    """What a failing node raises."""


def larger(old: int, new: int) -> int:
    """A reducer of the user's own."""
    return max(old, new)


def values_of(state: Any) -> dict[str, Any]:
    """A state of any kind as a dict."""
    if isinstance(state, dict):
        return state
    return dict(vars(state)) if hasattr(state, "__dict__") else {"log": [state]}


def size(state: Any) -> int:
    """How much a state holds: grows as nodes write, so that what a node does can depend on what it was given."""
    values = values_of(state)
    return len(values.get("log") or ()) + (values.get("total") or 0)


def pick(state: Any, answers: list[Any]) -> Any:
    """One of the answers, a later one for a fuller state."""
    return answers[min(size(state), len(answers) - 1)]


_SHOWN = ("langgraph_step", "langgraph_node", "langgraph_triggers", "langgraph_path", "langgraph_checkpoint_ns")


class World:
    """The surroundings of one program run on one package."""

    def __init__(self, name: PackageName, recorder: Recorder) -> None:
        self.package = package(name)
        self.recorder = recorder
        self._failed: dict[str, int] = {}
        self._graph: Any = None

    def seen(self, name: str, state: Any) -> None:
        """Log what a function was given, and where it runs."""
        metadata = self.package.get_config()["metadata"]
        self.recorder.log.append([name, plain(state), {key: plain(metadata.get(key)) for key in _SHOWN}])

    def boom(self, name: str, times: int) -> None:
        """Raise Boom, the first ``times`` times in a task."""
        task = self.package.get_config()["metadata"]["langgraph_checkpoint_ns"]
        self._failed[task] = self._failed.get(task, 0) + 1
        if self._failed[task] <= times:
            raise Boom(f"{name} failed")

    def bind(self, graph: Any) -> None:
        """The graph whose thread it is."""
        self._graph = graph

    def thread(self, at: int | None = None, **config: Any) -> dict[str, Any]:
        """The config of the program's thread, at a checkpoint counted from the newest, if there are that many."""
        own: dict[str, Any] = {"configurable": {"thread_id": "1"}, **config}
        if at is not None:
            history = list(self._graph.get_state_history(own))
            if at < len(history):
                own["configurable"] = dict(history[at].config["configurable"])
        return own

    def to_all(self, answer: str) -> dict[str, str]:
        """An answer to every open interrupt, by its id."""
        return {each.id: f"{answer}{index}" for index, each in enumerate(self._open())}

    def by_the_way(self) -> dict[str, Any]:
        """An update to go with a Command, on a thread that has begun: langgraph applies a first one twice."""
        return {"update": {"log": ["by the way"]}} if self._graph.get_state(self.thread()).created_at else {}

    def to_first(self, answer: str) -> dict[str, str]:
        """An answer to the first open interrupt, by its id."""
        return {each.id: answer for each in self._open()[:1]}

    def _open(self) -> list[Any]:
        return list(self._graph.get_state(self.thread()).interrupts)

    def namespace(self) -> dict[str, Any]:
        """The names that a program's source may use."""
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
