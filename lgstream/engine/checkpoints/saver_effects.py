"""The calls of a checkpointer's methods, as effects with their async twins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lgstream.effects.effects import CallEffect

_new = tuple.__new__
"""Creates a named tuple at half the cost of its constructor; used where several are created in every superstep."""


def get_tuple_effect(saver: Any, config: Any) -> CallEffect:
    """Load the checkpoint that a config identifies; the result is a CheckpointTuple or None."""
    return CallEffect(saver.get_tuple, (config,), async_function=saver.aget_tuple)


def list_effect(saver: Any, config: Any, **options: Any) -> CallEffect:
    """List the checkpoints of a thread, newest first; the result is a list of CheckpointTuple."""

    def list_checkpoints() -> list[Any]:
        return list(saver.list(config, **options))

    async def alist_checkpoints() -> list[Any]:
        return [saved async for saved in saver.alist(config, **options)]

    return CallEffect(list_checkpoints, (), async_function=alist_checkpoints)


def put_effect(saver: Any, config: Any, checkpoint: Any, metadata: Any, versions: Mapping[str, Any]) -> CallEffect:
    """Save a checkpoint; the result is its config."""
    return _new(CallEffect, (saver.put, (config, checkpoint, metadata, versions), {}, False, saver.aput, False))


def put_writes_effect(saver: Any, config: Any, writes: Sequence[Any], task_id: str, *task_path: str) -> CallEffect:
    """Save the writes of a task; older savers take no ``task_path``."""
    args = config, writes, task_id, *task_path
    return _new(CallEffect, (saver.put_writes, args, {}, False, saver.aput_writes, False))
