"""``create_react_agent``: a graph in which a model calls tools until it has an answer."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, cast, get_type_hints

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel, create_model
from typing_extensions import TypedDict

from lgstream.config import Config
from lgstream.constants import END, START
from lgstream.graph.message import add_messages
from lgstream.graph.state import StateGraph
from lgstream.managed import RemainingSteps
from lgstream.prebuilt.model_call import (
    Choice,
    Model,
    Prompt,
    Tool,
    asker,
    choice_of,
    require_answers,
    structured,
    value_in,
)
from lgstream.prebuilt.tool_node import ToolCallWithContext, ToolNode
from lgstream.prebuilt.work import Step, Work, call_of
from lgstream.types import All, Checkpointer, Send

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

    from lgstream.graph.compiled import CompiledStateGraph

__all__ = [
    "AgentState",
    "AgentStatePydantic",
    "AgentStateWithStructuredResponse",
    "AgentStateWithStructuredResponsePydantic",
    "create_react_agent",
]

Hook = Callable[..., Any] | Runnable[Any, Any]
Schema = dict[str, Any] | type
RESPONSE = "generate_structured_response"
MORE_STEPS = "Sorry, need more steps to process this request."


class AgentState(TypedDict):
    """The state of an agent. Extend it with keys of your own and give it as ``state_schema``."""

    messages: Annotated[Sequence[BaseMessage], add_messages]
    remaining_steps: NotRequired[RemainingSteps]


class AgentStatePydantic(BaseModel):
    """:class:`AgentState` as a pydantic model."""

    messages: Annotated[Sequence[BaseMessage], add_messages]
    remaining_steps: RemainingSteps = 25


class AgentStateWithStructuredResponse(AgentState):
    """The state of an agent with a ``response_format``."""

    structured_response: Any


class AgentStateWithStructuredResponsePydantic(AgentStatePydantic):
    """:class:`AgentStateWithStructuredResponse` as a pydantic model."""

    structured_response: Any = None


def create_react_agent(
    model: Model,
    tools: Sequence[Tool] | ToolNode,
    *,
    prompt: Prompt | None = None,
    response_format: Schema | tuple[str, Schema] | None = None,
    pre_model_hook: Hook | None = None,
    post_model_hook: Hook | None = None,
    state_schema: type | None = None,
    context_schema: type | None = None,
    checkpointer: Checkpointer = None,
    store: BaseStore | None = None,
    interrupt_before: All | list[str] | None = None,
    interrupt_after: All | list[str] | None = None,
    debug: bool = False,
    version: Literal["v1", "v2"] = "v2",
    name: str | None = None,
) -> CompiledStateGraph:
    """An agent: node ``agent`` asks the model, node ``tools`` runs the tools it calls, and so on until it calls none.

    Args:
        model: a chat model; its name, as langchain's ``init_chat_model`` takes it; or a function ``(state, runtime)``,
            sync or async, that returns one with its tools bound.
        tools: langchain tools, functions, tools of the provider (dicts, which the provider runs), or a ToolNode.
        prompt: a system message (str or SystemMessage) before the messages, or a function or Runnable that makes the
            model's input of the state.
        response_format: a schema; a last model call puts an answer of that form under ``structured_response``. With a
            tuple ``(prompt, schema)`` that call has a system message of its own.
        pre_model_hook: a node before every model call. What it puts under ``llm_input_messages`` the model is asked
            instead of ``messages``.
        post_model_hook: a node after every model call. It may answer tool calls itself; the others are run after it.
        state_schema: with keys ``messages`` and ``remaining_steps``, and ``structured_response`` for a response format.
        version: ``"v2"`` runs each tool call as a task of its own, ``"v1"`` all of a message in one.
        name: of the graph, and of the messages that the agent writes.
        context_schema, checkpointer, store, interrupt_before, interrupt_after, debug: as for a ``StateGraph`` and its
            ``compile()``.

    Raises:
        ValueError: an unknown version, a state schema that lacks keys, a prompt of another kind, or a model with other
            tools bound.
    """
    warnings.warn(
        "LangGraph points users of create_react_agent to langchain.agents.create_agent. lgstream keeps it.",
        PendingDeprecationWarning,
        stacklevel=2,
    )
    if version not in ("v1", "v2"):
        raise ValueError(f"Invalid version {version!r}: an agent is of version 'v1' or 'v2'.")
    node = tools if isinstance(tools, ToolNode) else ToolNode([tool for tool in tools if not isinstance(tool, dict)])
    provided = [] if isinstance(tools, ToolNode) else [tool for tool in tools if isinstance(tool, dict)]
    choose = choice_of(model, [*node.tools_by_name.values(), *provided])
    nodes = {
        "agent": Step("agent", _agent(choose, asker(prompt), name)),
        "tools": node if node.tools_by_name else None,
        "pre_model_hook": pre_model_hook,
        "post_model_hook": post_model_hook,
        RESPONSE: Step(RESPONSE, _responder(choose, response_format)) if response_format is not None else None,
    }
    graph = StateGraph(_state_schema(state_schema, response_format is not None), context_schema)
    _add_nodes(graph, {name: node for name, node in nodes.items() if node is not None})
    direct = frozenset(tool.name for tool in node.tools_by_name.values() if tool.return_direct)
    _connect(graph, direct, one_task=version == "v1" and post_model_hook is None)
    return graph.compile(
        checkpointer=checkpointer,
        store=store,
        interrupt_before=interrupt_before,
        interrupt_after=interrupt_after,
        debug=debug,
        name=name,
    )


# the state ------------------------------------------------------------------------------------------------------


def _state_schema(given: type | None, has_response: bool) -> type:
    """The agent's state schema. Raises ValueError for one that lacks keys."""
    if given is None:
        return AgentStateWithStructuredResponse if has_response else AgentState
    needed = {"messages", "remaining_steps"} | ({"structured_response"} if has_response else set())
    missing = sorted(needed - set(get_type_hints(given)))
    if missing:
        raise ValueError(
            f"Missing required key(s) {missing} in state_schema {given.__name__}: an agent's state extends AgentState."
        )
    return given


def _with_model_input(schema: Any) -> type:
    """The schema with ``llm_input_messages`` beside its keys, which only the model's node reads."""
    key, hint = "llm_input_messages", list[AnyMessage]
    if dataclasses.is_dataclass(schema):
        optional = (key, hint | None, dataclasses.field(default=None, kw_only=True))
        return dataclasses.make_dataclass("AgentInput", [optional], bases=(cast("type", schema),))
    if issubclass(schema, BaseModel):
        fields: dict[str, Any] = {key: (hint | None, None)}
        return cast("type", create_model("AgentInput", __base__=schema, **fields))
    make: Any = TypedDict
    return cast("type", make("AgentInput", {**get_type_hints(schema, include_extras=True), key: hint}))


def _replaced(state: Any, messages: Sequence[BaseMessage]) -> Any:
    """The state with other messages."""
    if isinstance(state, dict):
        return {**state, "messages": messages}
    if isinstance(state, BaseModel):
        return state.model_copy(update={"messages": messages})
    return dataclasses.replace(state, messages=messages)


# the nodes ------------------------------------------------------------------------------------------------------


def _agent(choose: Choice, ask: Choice, name: str | None) -> Callable[[Any, Config], Work[Any]]:
    """The node that asks the model."""

    def answer(state: Any, config: Config) -> Work[Any]:
        messages = value_in(state, "llm_input_messages") or value_in(state, "messages")
        if messages is None:
            raise ValueError("The agent's state holds no 'messages': give it at least an empty list.")
        require_answers(messages)
        model = yield from choose(state, config)
        asked = yield from ask(_replaced(state, messages), config)
        response = yield call_of(model, asked, config)
        response.name = name
        steps = value_in(state, "remaining_steps")
        if steps is not None and steps < 2 and getattr(response, "tool_calls", None):
            response = AIMessage(MORE_STEPS, id=response.id)
        return {"messages": [response]}

    return answer


def _responder(choose: Choice, response_format: Any) -> Callable[[Any, Config], Work[Any]]:
    """The node that asks for the structured response."""
    prompt, schema = response_format if isinstance(response_format, tuple) else (None, response_format)
    first = [] if prompt is None else [SystemMessage(prompt)]

    def respond(state: Any, config: Config) -> Work[Any]:
        model = yield from choose(state, config)
        response = yield call_of(structured(model, schema), [*first, *value_in(state, "messages")], config)
        return {"structured_response": response}

    return respond


# the way --------------------------------------------------------------------------------------------------------


def _add_nodes(graph: StateGraph, nodes: Mapping[str, Any]) -> None:
    for name, node in nodes.items():
        takes_input = name == "agent" and "pre_model_hook" in nodes
        graph.add_node(name, node, input_schema=_with_model_input(graph.state_schema) if takes_input else None)


def _connect(graph: StateGraph, direct: frozenset[str], one_task: bool) -> None:
    """Add the edges between the nodes that are there; ``direct``: tools whose result is the agent's answer."""
    nodes = graph.nodes
    entry = "pre_model_hook" if "pre_model_hook" in nodes else "agent"
    end = RESPONSE if RESPONSE in nodes else END
    last = "post_model_hook" if "post_model_hook" in nodes else "agent"
    graph.add_edge(START, entry)
    if entry != "agent":
        graph.add_edge(entry, "agent")
    if last != "agent":
        graph.add_edge("agent", last)
    if "tools" not in nodes:
        if end != END:  # a node without a way on ends the run
            graph.add_edge(last, end)
        return
    back = entry if last != "agent" else end
    graph.add_conditional_edges(last, _after_model(back, end, one_task), list(dict.fromkeys([back, "tools", end])))
    if direct:
        graph.add_conditional_edges("tools", _after_tools(entry, direct), [entry, END])
    else:
        graph.add_edge("tools", entry)


def _after_model(back: str, end: str, one_task: bool) -> Callable[[Any], Any]:
    """Routes to the tools that are called and not answered yet: all in one task, or each in its own.

    ``back``: where to go when a hook has answered the calls.
    """

    def should_continue(state: Any) -> str | list[Send]:
        messages = value_in(state, "messages")
        calls, answers = _last_turn(messages)
        answered = {message.tool_call_id for message in answers}
        pending = [call for call in calls if call["id"] not in answered]
        if pending and one_task:
            return "tools"
        if pending:
            return [Send("tools", _with_context(call, state)) for call in pending]
        return back if isinstance(messages[-1], ToolMessage) else end

    return should_continue


def _with_context(call: ToolCall, state: Any) -> ToolCallWithContext:
    return {"__type": "tool_call_with_context", "tool_call": call, "state": state}


def _after_tools(entry: str, direct: frozenset[str]) -> Callable[[Any], str]:
    """Routes to the end when one of the tools just called returns its result directly."""

    def route_tool_responses(state: Any) -> str:
        calls, answers = _last_turn(value_in(state, "messages"))
        called = {call["name"] for call in calls} | {message.name for message in answers}
        return END if called & direct else entry

    return route_tool_responses


def _last_turn(messages: Sequence[BaseMessage]) -> tuple[list[ToolCall], list[ToolMessage]]:
    """The tool calls of the last AIMessage, and the ToolMessages after it."""
    answers: list[ToolMessage] = []
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            return message.tool_calls, answers
        if isinstance(message, ToolMessage):
            answers.append(message)
    return [], answers
