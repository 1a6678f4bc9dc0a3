"""Events of calls that run in a task: models, tools and retrievers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lgstream.events.runs import Namespace


class CallStarted(NamedTuple):
    """Emitted when a node, tool or routing function calls a chat model, before the first token.

    Attributes:
        call_id: the langchain run id of the call, a UUID as text.
        model: the name of the model.
        tags: the langchain tags of the call.
        messages: the messages that are sent, as the caller passed them.
        provider: the name of the provider, as langchain reports it to LangSmith (``"openai"``).
        parameters: the parameters of the call, for example the temperature, as the model reports them; None if they
            are not known. Tools are in ``tools``.
        tools: the tools that the model may call, in the form that the provider takes.
        tool_call_id: the ``call_id`` of the :class:`ToolStarted` whose tool calls the model; ``""`` outside of tools.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    model: str
    tags: tuple[str, ...]
    messages: Sequence[Any] = ()
    provider: str = ""
    parameters: Mapping[str, Any] | None = None
    tools: Sequence[Any] = ()
    tool_call_id: str = ""
    run_id: str = ""


class Token(NamedTuple):
    """Emitted for each chunk of a model's streamed answer (reference rules 24 and 25).

    Attributes:
        call_id: the ``call_id`` of the :class:`CallStarted`.
        message: the chunk, a langchain ``AIMessageChunk``.
        metadata: metadata of the call (reference rule 31). All tokens of a call share this dict: do not change it.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    message: Any
    metadata: dict[str, Any]
    run_id: str = ""


class Message(NamedTuple):
    """Emitted for each complete message of a run.

    That is the answer of a model call that did not stream, when the call ends (reference rule 26), and each message in
    the output of a node, when its task ends (reference rule 27).

    Attributes:
        task_id: the task that called the model or returned the message.
        call_id: the ``call_id`` of the :class:`CallStarted`; ``""`` for a message in the output of a node.
        message: a langchain message.
        metadata: metadata of the call or of the task. Messages of a task may share this dict: do not change it.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    message: Any
    metadata: dict[str, Any]
    run_id: str = ""


class CallFinished(NamedTuple):
    """Emitted when a model call ends: its answer is complete, or it failed.

    Attributes:
        call_id: the ``call_id`` of the :class:`CallStarted`.
        usage: langchain's usage metadata (token counts, with cached and reasoning tokens as far as they are reported),
            with a key ``"cost"`` in US dollars if the provider reports it; None if no usage was reported.
        error: the exception that ended the call, or None.
        finish_reason: why the answer ended, in the provider's word (``"stop"``, ``"tool_use"``); ``""`` if not known.
        model: the name of the model that answered, if the provider reports it.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    usage: dict[str, Any] | None
    error: BaseException | None
    finish_reason: str = ""
    model: str = ""
    run_id: str = ""


class ToolStarted(NamedTuple):
    """Emitted immediately before a tool runs.

    Attributes:
        call_id: the id of the model's tool call; for a tool that is called directly, its langchain run id.
        name: the name of the tool.
        input: the arguments of the tool, a dict, or text if it takes a single string.
        tags: the langchain tags of the call.
        tool_call_id: the ``call_id`` of the tool that calls this tool; ``""`` if no tool does.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    name: str
    input: Any
    tags: tuple[str, ...] = ()
    tool_call_id: str = ""
    run_id: str = ""


class ToolOutputDelta(NamedTuple):
    """Emitted when a running tool calls ``ToolRuntime.emit_output_delta``.

    Attributes:
        call_id: the ``call_id`` of the :class:`ToolStarted`.
        delta: the part of the output that the tool passed.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    delta: Any
    run_id: str = ""


class ToolFinished(NamedTuple):
    """Emitted when a tool has returned or failed.

    Attributes:
        call_id: the ``call_id`` of the :class:`ToolStarted`.
        output: what the tool returned: a ``ToolMessage``, a ``Command`` or any other value; None if it failed.
        error: the exception that the tool raised, or None.
        paused: True if the tool was interrupted, or a graph that it called was drained: it runs again when the run is
            resumed.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    output: Any
    error: BaseException | None
    paused: bool = False
    run_id: str = ""


class RetrieverStarted(NamedTuple):
    """Emitted when a node, tool or routing function calls a langchain retriever.

    Attributes:
        call_id: the langchain run id of the call, a UUID as text.
        name: the name of the retriever.
        query: what is searched for.
        tool_call_id: the ``call_id`` of the :class:`ToolStarted` whose tool calls it; ``""`` outside of tools.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    name: str
    query: str
    tool_call_id: str = ""
    run_id: str = ""


class RetrieverFinished(NamedTuple):
    """Emitted when a retriever has returned or failed.

    Attributes:
        call_id: the ``call_id`` of the :class:`RetrieverStarted`.
        documents: the documents that it found; ``()`` if it failed.
        error: the exception that it raised, or None.
    """

    time: float
    ns: Namespace
    task_id: str
    node: str
    call_id: str
    documents: Sequence[Any]
    error: BaseException | None
    run_id: str = ""
