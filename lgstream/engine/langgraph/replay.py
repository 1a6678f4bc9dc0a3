"""Where graphs of langgraph start when the run around them replays an earlier checkpoint of its thread."""

from __future__ import annotations

from typing import Any

from lgstream.engine.checkpoints.start_point import ReplayState


class LangGraphReplay:
    """The state of a replay, with the methods that langgraph calls.

    Args:
        replay: the state of the replay, which all graphs in the run share.

    Attributes:
        checkpoint_id: the id of the checkpoint that the root run starts from.
    """

    def __init__(self, replay: ReplayState) -> None:
        self._replay = replay
        self.checkpoint_id = replay.checkpoint_id

    def _is_first_visit(self, checkpoint_ns: str) -> bool:
        return self._replay.is_first_visit(checkpoint_ns)

    @property
    def _before(self) -> dict[str, Any]:
        return {"configurable": {"checkpoint_id": self.checkpoint_id}}

    def get_checkpoint(self, checkpoint_ns: str, checkpointer: Any, checkpoint_config: Any) -> Any:
        """Return the checkpoint that a nested graph starts from; None if it has none.

        Args:
            checkpoint_ns: the namespace of the nested graph.
            checkpointer: the saver.
            checkpoint_config: the config of the nested graph's latest checkpoint.
        """
        if not self._is_first_visit(checkpoint_ns):
            return checkpointer.get_tuple(checkpoint_config)
        return next(iter(checkpointer.list(checkpoint_config, before=self._before, limit=1)), None)

    async def aget_checkpoint(self, checkpoint_ns: str, checkpointer: Any, checkpoint_config: Any) -> Any:
        """:meth:`get_checkpoint` with the saver's async methods."""
        if not self._is_first_visit(checkpoint_ns):
            return await checkpointer.aget_tuple(checkpoint_config)
        async for saved in checkpointer.alist(checkpoint_config, before=self._before, limit=1):
            return saved
        return None
