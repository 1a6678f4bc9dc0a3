"""What a run keeps of its thread: its checkpoint, the writes of its unfinished superstep, what is to be saved."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from os import urandom
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lgstream._reserved import CONTROL_CHANNELS, INTERRUPT, NO_WRITES, NULL_TASK_ID, RESUME, TASK_ID_SEPARATOR
from lgstream.engine.checkpoints import format as checkpoints
from lgstream.engine.checkpoints.format import PendingWrite, Save
from lgstream.engine.checkpoints.serde import packed, unpacked
from lgstream.engine.ids import dashed, path_text
from lgstream.engine.program import Write

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple

    from lgstream.engine.run_loop import Run
    from lgstream.engine.tasks.task import Task


class Kept:
    """The thread's side of one run. ``saves`` are requests to the saver that the driver has yet to make.

    What it needs of the run it is given: one that it held would live on until the collector comes.
    """

    id_bytes: bytes | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})
    parent_config: Any = None
    saved_versions: Mapping[str, Any] = MappingProxyType({})
    _id: str | None = None
    _named: dict[str, Any] | None = None
    _begun_with: str | None = None

    def __init__(self, run: Run, saved: CheckpointTuple | None) -> None:
        self.pending: list[PendingWrite] = []
        self._saver = run.saver
        if run.saver is not None:
            self._at_exit = run.setup.durability == "exit"
            self._takes_paths = takes_paths(run.saver.__class__)
            self._written: set[str] = set()
            self.saves: list[Save] = []
        if saved is not None:
            self._id = self._begun_with = saved.checkpoint["id"]
            self.id_bytes = UUID(self._id).bytes
            self.pending = [(id, to, unpacked(value, to)) for id, to, value in saved.pending_writes or ()]
            self.metadata = saved.metadata
            self.parent_config = saved.parent_config
            self.saved_versions = dict(saved.checkpoint["channel_versions"])

    def made_id(self) -> bytes:
        """The id of the checkpoint that the superstep begins with: ``id_bytes``, made when first asked for."""
        if self.id_bytes is None:
            made: bytes = self.__dict__.setdefault("id_bytes", urandom(16))  # threads may ask at once
            return made
        return self.id_bytes

    @property
    def checkpoint_id(self) -> str:
        """:meth:`made_id` as text."""
        if self._id is None:
            self._id = dashed(self.made_id().hex())
        return self._id

    @property
    def is_fresh(self) -> bool:
        """Whether the run began with no checkpoint."""
        return self._begun_with is None

    # the writes of a superstep that is not over --------------------------------------------------------------

    def remember(
        self, run: Run, id: str, writes: Sequence[Write], path: tuple[Any, ...] = (), saves: bool = True
    ) -> None:
        """Keep a task's writes, so that a run that stops in this superstep need not run it again."""
        if self._saver is None:
            if id == NULL_TASK_ID or (writes and writes[0][0] == INTERRUPT):
                self.pending += [(id, channel, value) for channel, value in writes]
            return
        if id == NULL_TASK_ID:
            # What commands write adds up until the superstep is over; an answer replaces the last one. The answer
            # comes last: savers keep writes by their place, and what is saved must keep its own.
            old = [(channel, value) for i, channel, value in self.pending if i == id and channel != RESUME]
            writes = [*old, *sorted(writes, key=lambda write: write[0] == RESUME)]
        self.pending[:] = [write for write in self.pending if write[0] != id] + [
            (id, channel, value) for channel, value in writes
        ]
        if not saves:
            return
        self._written.add(id)
        if not self._at_exit:
            self._save_writes(run, id, writes, path)

    def forget(self, channel: str) -> None:
        """Drop what tasks wrote to a channel such as RESUME: it belongs to another branch of the thread."""
        self.pending[:] = [write for write in self.pending if write[1] != channel]

    def done(self, tasks: Sequence[Task]) -> set[str]:
        """Give tasks the writes that an earlier try of this superstep kept; the ids of those that need not run."""
        by_id = {task.id: task for task in tasks}
        done = {task.id for task in tasks if task.writes}  # its error has been taken over
        for id, channel, value in self.pending:
            if id in by_id and channel not in CONTROL_CHANNELS:
                done.add(id)
                if channel != NO_WRITES:
                    by_id[id].writes.append((channel, value))
        return done

    def unowned(self) -> list[Write]:
        """The writes of a caller's Command, which belong to no task."""
        return [(channel, value) for id, channel, value in self.pending if id == NULL_TASK_ID and channel != RESUME]

    # checkpoints ---------------------------------------------------------------------------------------------

    def checkpoint(self, run: Run, source: str) -> None:
        """The state is a new checkpoint of superstep ``run.step``: give it an id, and have it saved."""
        if self._saver is None:
            return
        from langgraph.checkpoint.base.id import uuid6

        before = self.checkpoint_id if self.metadata else None
        step = run.step
        self.metadata = {"source": source, "step": step, "parents": dict(run.parents)}
        if not self._at_exit:
            self.parent_config = checkpoints.config_of(run, before) if before else None
        made = uuid6(clock_seq=step)
        self._id, self.id_bytes = str(made), made.bytes
        if not self._at_exit:
            self._save(run, before)

    def save_at_exit(self, run: Run, has_stopped: bool) -> None:
        """With durability ``exit``: have the last checkpoint saved, and what its superstep has kept.

        A subgraph that has done its work needs none, unless it keeps a state of its own from run to run.
        """
        if self._saver is None or not self._at_exit or not self.metadata:
            return
        if not has_stopped and any(TASK_ID_SEPARATOR in part for part in run.ns):
            return
        if self.checkpoint_id != self._begun_with:
            self._save(run, self._begun_with)
        for id in dict.fromkeys(write[0] for write in self.pending if write[0] in self._written):
            self._save_writes(run, id, [(channel, value) for i, channel, value in self.pending if i == id], ())

    def saver_config(self, run: Run, checkpoint_id: str | None) -> dict[str, Any]:
        """The config that names a checkpoint of this run to the saver."""
        if self._named is None:
            configurable = {**run.config["configurable"], "checkpoint_ns": run.ns_text}
            named = {key: value for key, value in configurable.items() if not key.startswith("__pregel")}
            self._named = checkpoints.with_text_id({**named, "checkpoint_id": None})
        return {**run.config, "configurable": {**self._named, "checkpoint_id": checkpoint_id}}

    def _save(self, run: Run, before: str | None) -> None:
        checkpoint = checkpoints.checkpoint_of(run, self.checkpoint_id)
        versions = checkpoints.new_versions(self.saved_versions, run.versions)
        self.saved_versions = dict(run.versions)
        self.saves.append(Save("put", (self.saver_config(run, before), checkpoint, self.metadata, versions)))

    def _save_writes(self, run: Run, id: str, writes: Sequence[Write], path: tuple[Any, ...]) -> None:
        config = self.saver_config(run, self.checkpoint_id)
        tracked = [(key, packed(value)) for key, value in checkpoints.tracked(run.program, writes)]
        where = (path_text(path) if path else "",) if self._takes_paths else ()
        self.saves.append(Save("put_writes", (config, tracked, id, *where)))


@cache
def takes_paths(saver: type[Any]) -> bool:
    """Whether savers of a class keep the paths of tasks: older ones take no ``task_path``."""
    return all(map(_takes_path, (saver.put_writes, saver.aput_writes)))


def _takes_path(method: Any) -> bool:
    parameters = inspect.signature(method).parameters
    return "task_path" in parameters or any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
