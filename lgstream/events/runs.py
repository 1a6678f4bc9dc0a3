"""Events of runs, graphs and tasks: what starts, ends, is written and is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from lgstream.events.shapes import Shape

Namespace: TypeAlias = tuple[str, ...]
"""Where in the tree of graphs an event happened; see ``ns`` in the description of :mod:`lgstream.events`."""


class RunStarted(NamedTuple):
    """Emitted once, as the first event of a run. A resumed run starts again with this event.

    Attributes:
        ns: always ``()``, because a subgraph's run is part of its parent's run.
        run_id: the id of the run, a UUID as text.
        graph: the name of the graph.
        input: what the graph was called with; None or a ``Command`` if the run is resumed.
        shape: the shape of the graph, or None if it cannot be determined.
        thread_id: the id of the thread, if the config has one.
        metadata: the metadata that the user passed for the run; None if there is none.
        tags: the tags that the user passed for the run.
        resumes: the ``run_id`` of the run that this one resumes after an interrupt, if it is known. It is known if a
            sink that wants RunStarted observed that run too, because its id is then saved beside its last checkpoint,
            or if the metadata of that checkpoint contains a ``run_id``.
    """

    time: float
    ns: Namespace
    run_id: str
    graph: str
    input: Any
    shape: Shape | None
    thread_id: str = ""
    metadata: Mapping[str, Any] | None = None
    tags: tuple[str, ...] = ()
    resumes: str = ""


class GraphStarted(NamedTuple):
    """Emitted when a graph starts to run in a task of another graph: as its node, or called by the node or a tool.

    Attributes:
        ns: the namespace of the nested graph itself: all events with this ``ns`` belong to it.
        graph: the name of the nested graph.
        task_id: the task of the graph around it that runs it.
        node: the node of that task.
        tool_call_id: the ``call_id`` of the :class:`ToolStarted` whose tool runs it; ``""`` if no tool does.
    """

    time: float
    ns: Namespace
    graph: str
    task_id: str
    node: str
    tool_call_id: str = ""
    run_id: str = ""


class TaskStarted(NamedTuple):
    """Emitted immediately before a task runs (reference rule 33). START has no task.

    Attributes:
        input: what the node receives.
        triggers: the channels that triggered the task.
        metadata: metadata set by the user for the run and the node, with the ``tags`` of the run; None if there is
            none.
        tool_call_id: the ``call_id`` of the :class:`ToolStarted` whose tool runs the graph of the task; ``""`` if the
            graph does not run in a tool.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    input: Any
    triggers: tuple[str, ...]
    metadata: Mapping[str, Any] | None = None
    tool_call_id: str = ""
    run_id: str = ""


class Custom(NamedTuple):
    """Emitted when a node, tool or routing function calls its stream writer (reference rule 21).

    Attributes:
        data: the object that was written, not a copy.
        callers: the tasks that called this task, outermost first, each as ``"<node>:<task id>"``. Chunks of
            ``stream()`` append them to the namespace.
        call_id: the tool call that wrote, if several tools may run at once; ``""`` otherwise.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    data: Any
    callers: tuple[str, ...] = ()
    call_id: str = ""
    run_id: str = ""


class TaskRetried(NamedTuple):
    """Emitted when an attempt of a task has failed and the task will be attempted again.

    Attributes:
        time: Unix seconds at which the attempt failed.
        attempt: the number of the attempt that failed, starting at 1.
        error: the exception that the attempt raised.
        wait: seconds until the next attempt.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    attempt: int
    error: BaseException
    wait: float
    run_id: str = ""


class Routed(NamedTuple):
    """Emitted when a routing function of a task has chosen what runs next, before the task ends.

    Graphs compiled by langgraph have no such events, because they do not tell. At START, which has no task, ``task_id``
    is empty.

    Attributes:
        branch: the name of the routing function.
        destinations: what it chose, in order: names of nodes, ``"__end__"`` for END, and its ``Send`` objects. Keys
            of a path map are replaced by the nodes that they stand for.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    branch: str
    destinations: tuple[Any, ...]
    run_id: str = ""


class Update(NamedTuple):
    """Emitted when a task that wrote to the state has ended, with what it wrote (reference rule 17).

    Attributes:
        data: what the task wrote, in the form that ``stream_mode="updates"`` shows for the node.
        cached: True if the writes come from a cache and the node did not run.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    data: Any
    cached: bool
    run_id: str = ""


class TaskFinished(NamedTuple):
    """Emitted when a task has ended, after its :class:`Update` (reference rule 33). A cached task has no such event.

    Attributes:
        result: the writes of the task, by state key.
        error: the exception that the task raised, or None.
        interrupts: the ``Interrupt`` objects that the task waits for; ``()`` if it was not interrupted.
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    result: dict[str, Any]
    error: BaseException | None
    interrupts: tuple[Any, ...]
    run_id: str = ""


class Interrupted(NamedTuple):
    """Emitted when a task calls ``interrupt()`` without an answer, or when the run stops at a static breakpoint.

    A subgraph's interrupt is emitted once for the subgraph and once for each graph above it.

    Attributes:
        task_id: the task that was interrupted; ``""`` at a static breakpoint.
        node: the node of that task; ``""`` at a static breakpoint.
        interrupts: the ``Interrupt`` objects of the task; ``()`` at a static breakpoint.
        values: the state before the superstep, as ``stream_mode="values"`` shows it with the interrupt (reference
            rule 41).
    """

    time: float
    ns: Namespace
    step: int
    task_id: str
    node: str
    interrupts: tuple[Any, ...]
    values: Any
    run_id: str = ""


class Values(NamedTuple):
    """Emitted after the input was applied, and after each superstep that wrote to the state (reference rules 13 to 16).

    Attributes:
        step: the superstep; 0 after the first input.
        data: the state, as ``stream_mode="values"`` shows it.
    """

    time: float
    ns: Namespace
    step: int
    data: Any
    run_id: str = ""


class CheckpointSaved(NamedTuple):
    """Emitted when a checkpoint was created, by graphs with a checkpointer only.

    Attributes:
        step: the superstep that the checkpoint follows; -1 for the checkpoint of the first input.
        payload: what ``stream_mode="checkpoints"`` shows (reference rule 35).
    """

    time: float
    ns: Namespace
    step: int
    payload: dict[str, Any]
    run_id: str = ""


class GraphFinished(NamedTuple):
    """Emitted when a nested graph has ended, with the fields of its :class:`GraphStarted`.

    Attributes:
        status: as in :class:`RunFinished`. A graph that handed over to a graph around it with
            ``Command(graph=Command.PARENT)`` is done.
        error: the exception that ended the graph; None if it is done or interrupted.
    """

    time: float
    ns: Namespace
    graph: str
    task_id: str
    node: str
    status: str
    error: BaseException | None
    tool_call_id: str = ""
    run_id: str = ""


class RunFinished(NamedTuple):
    """Emitted once, as the last event of a run.

    Attributes:
        ns: always ``()``.
        run_id: the ``run_id`` of the :class:`RunStarted`.
        status: ``"done"``; ``"failed"``: an exception was raised; ``"stopped"``: the run was cancelled, closed or
            interrupted from the keyboard; ``"interrupted"``: the run waits for an answer or at a breakpoint.
        result: the output of the graph; if the run is not done, the state that it reached.
        error: the exception that ended the run, or None.
    """

    time: float
    ns: Namespace
    run_id: str
    status: str
    result: Any
    error: BaseException | None
