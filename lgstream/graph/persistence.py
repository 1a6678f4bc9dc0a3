"""The methods of a compiled graph that read and write the saved state of its threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from lgstream import config as configs
from lgstream._arguments import check_number, check_type, wrong_type
from lgstream._conversions import langgraph_snapshot
from lgstream._reserved import CONFIG_KEY_CHECKPOINTER
from lgstream.effects import aio, blocking
from lgstream.graph import snapshots, state_updates
from lgstream.graph.compiled_base import BaseCompiledGraph
from lgstream.types import StateSnapshot, StateUpdate


def check_checkpointer(checkpointer: Any) -> None:
    """Raise TypeError if a value is neither a saver nor True, False or None."""
    if checkpointer is None or isinstance(checkpointer, bool):
        return
    from langgraph.checkpoint.base import BaseCheckpointSaver

    if not isinstance(checkpointer, BaseCheckpointSaver):
        rule = "a saver, such as InMemorySaver(), True, False or None"
        if isinstance(checkpointer, type):
            rule = f"an instance: checkpointer={checkpointer.__name__}(...)"
        elif hasattr(checkpointer, "__enter__") or hasattr(
            checkpointer, "__aenter__"
        ):  # from_conn_string() returns one
            rule += ": open it, with SqliteSaver.from_conn_string(path) as checkpointer"
        raise wrong_type("checkpointer", checkpointer, rule)


def _history_options(filter: Any, before: Any, limit: Any) -> dict[str, Any]:
    """Return the options of the ``list`` of a saver; raise TypeError if one is of a wrong type."""
    check_type("filter", filter, Mapping, "a dict, for example {'source': 'update'}")
    check_type("before", before, Mapping, "the config of a checkpoint")
    check_number("limit", limit, "a number, or None for all states")
    return {"filter": filter, "before": before, "limit": limit}


def _lends_saver(config: RunnableConfig | None) -> bool:
    """Return True if the caller is a graph of langgraph that reads the states of the graphs in its nodes."""
    return CONFIG_KEY_CHECKPOINTER in ((config or {}).get("configurable") or {})


def _for_caller(config: RunnableConfig | None, snapshot: StateSnapshot) -> StateSnapshot:
    """Return the snapshot as one of langgraph's if a graph of langgraph asks for it, to show it to its own caller."""
    return cast("StateSnapshot", langgraph_snapshot(snapshot)) if _lends_saver(config) else snapshot


class PersistentGraph(BaseCompiledGraph):
    """A compiled graph with the methods that read and write the saved state of its threads.

    All of them need a checkpointer and raise ValueError without one. The config names the thread, and may name a
    checkpoint of it (``checkpoint_id``) or a subgraph (``checkpoint_ns``).
    """

    def get_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        """Return the latest state of a thread, or its state at the checkpoint that the config names.

        Args:
            config: The config of the thread: ``{"configurable": {"thread_id": ...}}``.
            subgraphs: True to include the states of subgraphs in the tasks of the snapshot.

        Returns:
            The snapshot; its values are empty if the thread has no checkpoint.

        Raises:
            ValueError: if the graph has no checkpointer, or the config names no thread.

        Example:
            >>> graph.get_state({"configurable": {"thread_id": "1"}}).next
            ('approve',)
        """
        graph, saver, merged_config = self._locate(config)
        return _for_caller(
            config, blocking.run_effects(snapshots.load_snapshot(graph, saver, merged_config, subgraphs))
        )

    async def aget_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot:
        """Async version of :meth:`get_state`, which uses the async methods of the saver."""
        graph, saver, merged_config = self._locate(config)
        snapshot = await aio.run_effects(snapshots.load_snapshot(graph, saver, merged_config, subgraphs))
        return _for_caller(config, snapshot)

    def get_state_history(
        self,
        config: RunnableConfig,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[StateSnapshot]:
        """Yield the states of a thread, newest first.

        Args:
            config: The config of the thread.
            filter: Metadata that the checkpoints must have, for example ``{"source": "update"}``.
            before: The config of a checkpoint; only older ones are yielded.
            limit: The maximum number of states.

        Raises:
            ValueError: if the graph has no checkpointer, or the config names no thread.
            TypeError: if an argument is of a wrong type.
        """
        graph, saver, merged_config = self._locate(config)
        options = _history_options(filter, before, limit)
        history = snapshots.load_history(graph, saver, configs.ensure_config(merged_config), options)
        for snapshot in blocking.run_effects(history):
            yield _for_caller(config, snapshot)

    async def aget_state_history(
        self,
        config: RunnableConfig,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[StateSnapshot]:
        """Async version of :meth:`get_state_history`, which uses the async methods of the saver."""
        graph, saver, merged_config = self._locate(config)
        options = _history_options(filter, before, limit)
        history = snapshots.load_history(graph, saver, configs.ensure_config(merged_config), options)
        for snapshot in await aio.run_effects(history):
            yield _for_caller(config, snapshot)

    def update_state(
        self, config: RunnableConfig, values: Any, as_node: str | None = None, task_id: str | None = None
    ) -> RunnableConfig:
        """Write values to a thread as if a node had returned them, and save a new checkpoint.

        Args:
            config: The config of the thread.
            values: The output of the node, for example a dict of state keys and values.
            as_node: The name of the node; by default the node that wrote last.
            task_id: The id of the task that writes; by default one is chosen.

        Returns:
            The config of the new checkpoint.

        Raises:
            InvalidUpdateError: if the node is unknown, or no name is given and several nodes wrote last.
            ValueError: if the graph has no checkpointer, or the config names no thread.

        Example:
            >>> graph.update_state({"configurable": {"thread_id": "1"}}, {"approved": True}, as_node="approve")
        """
        return self.bulk_update_state(config, [[StateUpdate(values, as_node, task_id)]])

    async def aupdate_state(
        self, config: RunnableConfig, values: Any, as_node: str | None = None, task_id: str | None = None
    ) -> RunnableConfig:
        """Async version of :meth:`update_state`, which uses the async methods of the saver."""
        return await self.abulk_update_state(config, [[StateUpdate(values, as_node, task_id)]])

    def bulk_update_state(self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]) -> RunnableConfig:
        """Apply several supersteps of updates to a thread, and save a checkpoint after each.

        Args:
            config: The config of the thread.
            supersteps: The updates of each superstep. The updates of one superstep are applied together; if there are
                several, each needs ``as_node``.

        Returns:
            The config of the last checkpoint.

        Raises:
            InvalidUpdateError: if a node is unknown or missing.
            ValueError: if there are no updates, the graph has no checkpointer, or the config names no thread.
            TypeError: if ``supersteps`` is not a list of lists of updates.
        """
        graph, saver, merged_config = self._locate(config, must_exist=True)
        updating = state_updates.bulk_update(graph, saver, configs.ensure_config(merged_config), supersteps)
        return cast("RunnableConfig", blocking.run_effects(updating))

    async def abulk_update_state(
        self, config: RunnableConfig, supersteps: Sequence[Sequence[StateUpdate]]
    ) -> RunnableConfig:
        """Async version of :meth:`bulk_update_state`, which uses the async methods of the saver."""
        graph, saver, merged_config = self._locate(config, must_exist=True)
        updating = state_updates.bulk_update(graph, saver, configs.ensure_config(merged_config), supersteps)
        return cast("RunnableConfig", await aio.run_effects(updating))

    def _locate(
        self, config: RunnableConfig | None, must_exist: bool = False
    ) -> tuple[BaseCompiledGraph, Any, dict[str, Any]]:
        """Return the graph whose checkpoints a config names (this one or a subgraph), its saver and the merged config.

        Raises:
            ValueError: if there is no checkpointer or, with ``must_exist``, no such subgraph.
            RuntimeError: if the graph has ``checkpointer=True`` and is not used as a subgraph.
        """
        merged_config = configs.merge_configs(self.config, config)
        full_config = configs.ensure_config(merged_config)
        running_saver = full_config["configurable"].get(CONFIG_KEY_CHECKPOINTER)
        if self.checkpointer is False and _lends_saver(config):
            return self, running_saver, merged_config  # langgraph does not know that it saves nothing
        saver = self._saver(running_saver)
        namespace = snapshots.subgraph_path(full_config)
        if not namespace or running_saver is not None:
            return self, saver, merged_config
        for _, graph in self.get_subgraphs(namespace=namespace, recurse=True):
            return graph, saver, merged_config
        if must_exist:
            names = [name for name, _ in self.get_subgraphs()]
            raise ValueError(f"Subgraph {namespace} not found: the graph has {names}.")
        return self, saver, merged_config

    def _saver(self, running_saver: Any) -> Any:
        """Return the saver of this graph's threads. Inside a run it is ``running_saver``, the saver of that run."""
        if self.checkpointer is True and running_saver is None:
            raise RuntimeError(
                "checkpointer=True cannot be used for root graphs: it stands for the saver of the parent graph. "
                "Compile the outermost graph with a saver."
            )
        saver = None if self.checkpointer is False else running_saver or self.checkpointer
        if saver is None:
            raise ValueError(
                "No checkpointer set: a graph without one keeps no state between runs. Compile it with one, for "
                "example compile(checkpointer=InMemorySaver())."
            )
        return saver
