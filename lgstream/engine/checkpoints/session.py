"""The current checkpoint of one run, the pending writes of its superstep, and the saves that the driver has to make."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from os import urandom
from time import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lgstream._reserved import INTERRUPT, INTERRUPTED_RUN, NULL_TASK_ID, TASK_ID_SEPARATOR
from lgstream.effects.effects import CallEffect
from lgstream.engine.checkpoints.format import (
    CheckpointSource,
    changed_versions,
    create_checkpoint,
    public_configurable,
    tracked_writes,
    with_text_thread_id,
)
from lgstream.engine.checkpoints.pending_writes import PendingWrites
from lgstream.engine.checkpoints.saver_effects import put_effect, put_writes_effect
from lgstream.engine.checkpoints.serde import from_saved, to_saved
from lgstream.engine.ids import Version1Id, format_uuid, path_text
from lgstream.engine.program import Write

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple


class CheckpointSession:
    """The checkpoints of one run in its LangGraph thread.

    The run loop calls its methods, and the driver makes the saves that :meth:`take_saves` returns. Methods that need
    the run receive it as an argument: an attribute would create a reference cycle, and the run would live until the
    garbage collector finds it.

    Args:
        saver: the checkpointer; None to keep only the pending writes that the run itself needs.
        saved: the checkpoint that the run starts from; None for a new thread.
        saves_at_exit: True for durability ``"exit"``: nothing is saved before the run ends.

    Attributes:
        pending_writes: the saved writes of a superstep that has not ended.
        metadata: the metadata of the current checkpoint; empty before there is one.
        parent_config: the config of the checkpoint before the current one; None if there is none.
        saved_versions: the channel versions of the last checkpoint that was saved.
        saves: the saves that have not been taken; exists only with a saver.
        interrupted_run_id: the id of the run that was interrupted at the checkpoint that the run starts from; ``""`` if
            it is not known.
    """

    id_bytes: bytes | None = None
    """The id of the current checkpoint; None until :meth:`current_id_bytes` is called for a run without one."""
    metadata: Mapping[str, Any] = MappingProxyType({})
    parent_config: Any = None
    saved_versions: Mapping[str, Any] = MappingProxyType({})
    interrupted_run_id = ""
    _id: str | None = None
    _public_configurable: dict[str, Any] | None = None
    _saver_configurable: dict[str, Any] | None = None
    _start_id: str | None = None

    def __init__(self, saver: Any, saved: CheckpointTuple | None, saves_at_exit: bool = False) -> None:
        self.pending_writes = PendingWrites()
        self._saver = saver
        if saver is not None:
            self._saves_at_exit = saves_at_exit
            self._has_task_path = accepts_task_path(saver.__class__)
            self._written_task_ids: set[str] = set()
            self.saves: list[CallEffect] = []
        if saved is not None:
            self._id = self._start_id = saved.checkpoint["id"]
            id_type = Version1Id if saved.checkpoint.get("v") == 1 else bytes
            self.id_bytes = id_type(UUID(self._id).bytes)
            self.pending_writes += [
                (task_id, channel, from_saved(value, channel))
                for task_id, channel, value in saved.pending_writes or ()
                if channel != INTERRUPTED_RUN
            ]
            self.metadata = saved.metadata
            self.interrupted_run_id = interrupted_run_id(saved)
            self.parent_config = saved.parent_config
            self.saved_versions = dict(saved.checkpoint["channel_versions"])

    def current_id_bytes(self) -> bytes:
        """Return the 16 bytes of the id of the checkpoint that the superstep starts from, generated on first use."""
        if self.id_bytes is None:
            id_bytes: bytes = self.__dict__.setdefault("id_bytes", urandom(16))  # threads may call at the same time
            return id_bytes
        return self.id_bytes

    @property
    def checkpoint_id(self) -> str:
        """The id of the checkpoint that the superstep starts from."""
        if self._id is None:
            self._id = format_uuid(self.current_id_bytes().hex())
        return self._id

    @property
    def is_new_thread(self) -> bool:
        """True if the run started without a checkpoint."""
        return self._start_id is None

    def take_saves(self) -> list[CallEffect]:
        """Return the saves to make now, in order, and clear the list. Needs a saver."""
        saves, self.saves = self.saves, []
        return saves

    # Pending writes: those of a superstep that has not ended --------------------------------------------------------

    def put_writes(
        self,
        run: CheckpointSource,
        task_id: str,
        writes: Sequence[Write],
        path: tuple[Any, ...] = (),
        saves: bool = True,
    ) -> None:
        """Store a task's writes, so that a run that stops in this superstep does not have to repeat the task.

        Args:
            run: the run of the task.
            task_id: the id of the task, or NULL_TASK_ID for the writes of a caller's Command.
            writes: pairs of channel and value. They replace the task's earlier writes; the writes of Commands add up.
            path: the path of the task.
            saves: False to keep the writes in this run only.
        """
        if self._saver is None:
            if task_id == NULL_TASK_ID or (writes and writes[0][0] == INTERRUPT):
                self.pending_writes += [(task_id, channel, value) for channel, value in writes]
            return
        writes = self.pending_writes.put(task_id, writes)
        if not saves:
            return
        self._written_task_ids.add(task_id)
        if not self._saves_at_exit:
            self._save_writes(run, task_id, writes, path)

    # Checkpoints ----------------------------------------------------------------------------------------------------

    def put_checkpoint(self, run: CheckpointSource, source: str) -> None:
        """Create the checkpoint of superstep ``run.step`` from the current state, and queue its save.

        Args:
            run: the run.
            source: the ``source`` of the checkpoint's metadata: ``"input"``, ``"loop"`` or ``"fork"``.
        """
        if self._saver is None:
            return
        from langgraph.checkpoint.base.id import uuid6

        previous_id = self.checkpoint_id if self.metadata else None
        step = run.step
        self.metadata = {"source": source, "step": step, "parents": dict(run.parent_checkpoint_ids)}
        if not self._saves_at_exit:
            self.parent_config = self.checkpoint_config(run, previous_id) if previous_id else None
        checkpoint_id = uuid6(clock_seq=step)
        self._id, self.id_bytes = str(checkpoint_id), checkpoint_id.bytes
        if not self._saves_at_exit:
            self._save(run, previous_id)

    def save_at_exit(self, run: CheckpointSource, ns: Sequence[str], has_stopped: bool) -> None:
        """With durability ``"exit"``, queue the saves of the last checkpoint and of the pending writes.

        Args:
            run: the run that ends.
            ns: the namespace of the run. A finished subgraph is saved only if it keeps its own state between runs.
            has_stopped: True if an exception or an interrupt ended the run.
        """
        if self._saver is None or not self._saves_at_exit or not self.metadata:
            return
        if not has_stopped and any(TASK_ID_SEPARATOR in part for part in ns):
            return
        if self.checkpoint_id != self._start_id:
            self._save(run, self._start_id)
        for task_id in dict.fromkeys(write[0] for write in self.pending_writes if write[0] in self._written_task_ids):
            self._save_writes(run, task_id, self.pending_writes.of_task(task_id), ())

    def save_interrupted_run_id(self, run: CheckpointSource, run_id: str) -> None:
        """Save the id of a run that was interrupted beside its checkpoint, for the run that resumes it.

        It is stored as a write of a task that does not exist, and not as metadata, so that neither LangGraph nor users
        who read the checkpoint find anything new in it.
        """
        config = self.saver_config(run, self.checkpoint_id)
        task_path = ("",) if self._has_task_path else ()
        writes = [(INTERRUPTED_RUN, [time(), run_id])]
        self.saves.append(put_writes_effect(self._saver, config, writes, run_id, *task_path))

    def checkpoint_config(self, run: CheckpointSource, checkpoint_id: str) -> dict[str, Any]:
        """Return the config that identifies a checkpoint of this run to callers."""
        if self._public_configurable is None:
            self._public_configurable = public_configurable(run)
        return {"configurable": {**self._public_configurable, "checkpoint_id": checkpoint_id}}

    def saver_config(self, run: CheckpointSource, checkpoint_id: str | None) -> dict[str, Any]:
        """Return the config that identifies a checkpoint of this run to the saver."""
        if self._saver_configurable is None:
            configurable = {**run.config["configurable"], "checkpoint_ns": run.checkpoint_ns}
            public = {key: value for key, value in configurable.items() if not key.startswith("__pregel")}
            self._saver_configurable = with_text_thread_id({**public, "checkpoint_id": None})
        return {**run.config, "configurable": {**self._saver_configurable, "checkpoint_id": checkpoint_id}}

    def _save(self, run: CheckpointSource, previous_id: str | None) -> None:
        checkpoint = create_checkpoint(run, self.checkpoint_id)
        versions = changed_versions(self.saved_versions, run.versions)
        self.saved_versions = dict(run.versions)
        config = self.saver_config(run, previous_id)
        self.saves.append(put_effect(self._saver, config, checkpoint, self.metadata, versions))

    def _save_writes(self, run: CheckpointSource, task_id: str, writes: Sequence[Write], path: tuple[Any, ...]) -> None:
        config = self.saver_config(run, self.checkpoint_id)
        saved_writes = [(key, to_saved(value)) for key, value in tracked_writes(run.program, writes)]
        task_path = (path_text(path) if path else "",) if self._has_task_path else ()
        self.saves.append(put_writes_effect(self._saver, config, saved_writes, task_id, *task_path))


def interrupted_run_id(saved: CheckpointTuple) -> str:
    """Return the id of the run that was interrupted at a saved checkpoint; ``""`` if it is not known.

    That is the id that :meth:`CheckpointSession.save_interrupted_run_id` saved last, or the ``run_id`` that LangGraph's
    server, or the caller, has put into the metadata.
    """
    runs = [value for _, channel, value in saved.pending_writes or () if channel == INTERRUPTED_RUN]
    return str(max(runs)[1] if runs else saved.metadata.get("run_id") or "")


@cache
def accepts_task_path(saver: type[Any]) -> bool:
    """Return True if savers of this class store the paths of tasks; older ones have no ``task_path`` parameter."""
    return all(map(_has_task_path_parameter, (saver.put_writes, saver.aput_writes)))


def _has_task_path_parameter(method: Any) -> bool:
    parameters = inspect.signature(method).parameters
    if "task_path" in parameters:
        return True
    return any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters.values())
