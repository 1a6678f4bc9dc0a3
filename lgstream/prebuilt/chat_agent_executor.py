"""``create_react_agent``: a graph in which a model calls tools until it can answer.

>>> agent = create_react_agent("openai:gpt-4o-mini", [search], prompt="You are a librarian.")
>>> agent.invoke({"messages": [{"role": "user", "content": "Who wrote Emma?"}]})
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, cast, get_type_hints

from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel, create_model
from typing_extensions import TypedDict

from lgstream._arguments import check_list, check_schema
from lgstream.config import Config
from lgstream.constants import END, START
from lgstream.effects.effects import Effects
from lgstream.graph.message import add_messages
from lgstream.graph.state import StateGraph
from lgstream.managed import RemainingSteps
from lgstream.prebuilt.effect_runnable import EffectRunnable, invoke_effect
from lgstream.prebuilt.model_call import (
    Model,
    Prompt,
    StateFunction,
    Tool,
    model_chooser,
    prompt_builder,
    state_value,
    validate_chat_history,
    with_structured_output,
)
from lgstream.prebuilt.tool_node import TOOLS_RULE, ToolCallWithContext, ToolNode
from lgstream.types import All, Checkpointer, Send
from lgstream.warnings import rename_keywords

if TYPE_CHECKING:
    from langgraph.store.base import BaseStore

    from lgstream.graph.compiled import CompiledStateGraph

__all__ = [
    "AgentState",
    "AgentStatePydantic",
    "AgentStateWithStructuredResponse",
    "AgentStateWithStructuredResponsePydantic",
    "create_react_agent",
    "create_tool_calling_executor",
]

Hook = Callable[..., Any] | Runnable[Any, Any]
Schema = dict[str, Any] | type
RESPONSE_NODE = "generate_structured_response"
MORE_STEPS_MESSAGE = "Sorry, need more steps to process this request."


class AgentState(TypedDict):
    """The state of an agent. Subclass it to add keys, and pass the subclass as ``state_schema``."""

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


def create_react_agent(  # noqa: D417 - the other arguments are those of StateGraph and compile()
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
    **renamed_keywords: Any,
) -> CompiledStateGraph:
    """Return a graph in which ``agent`` calls the model and ``tools`` its tools, until an answer has no tool calls.

    Args:
        model: a chat model; the name of one, as langchain's ``init_chat_model`` takes it; or a function
            ``(state, runtime)``, sync or async, that returns a model with its tools bound.
        tools: langchain tools, functions, provider tools (dicts, which the provider runs), or a ToolNode.
        prompt: a system message, or a function or Runnable that computes the input of the model from the state.
        response_format: a schema; a last model call writes an answer with this schema to ``structured_response``. A
            tuple ``(prompt, schema)`` gives this call a system message of its own.
        pre_model_hook: a node before every model call. The model receives ``llm_input_messages`` if it writes them.
        post_model_hook: a node after every model call. It can answer tool calls; the other calls run after it.
        state_schema: needs the keys of :class:`AgentState`, and ``structured_response`` for a response format.
        version: ``"v2"`` runs each tool call as a task of its own, ``"v1"`` all calls of a message in one task.
        name: the name of the graph and of the messages that the model writes.

    The other arguments are those of ``StateGraph`` and its ``compile()``.

    Raises:
        TypeError: if a keyword argument is unknown, or an argument is of a wrong type.
        ValueError: if the version, the state schema, the prompt or the tools bound to the model are invalid.
    """
    _warn_of_deprecation()
    keywords = rename_keywords(renamed_keywords, {"config_schema": "context_schema"}, "create_react_agent")
    _check_version(version)
    tool_node, model_tools = _as_tool_node(tools)
    choose_model = model_chooser(model, model_tools)
    nodes = {
        "agent": EffectRunnable("call_model", _call_model(choose_model, prompt_builder(prompt), name)),
        "tools": tool_node if tool_node.tools_by_name else None,
        "pre_model_hook": pre_model_hook,
        "post_model_hook": post_model_hook,
        RESPONSE_NODE: None if response_format is None else _response_node(choose_model, response_format),
    }
    graph = StateGraph(
        _state_schema(state_schema, response_format is not None), keywords.get("context_schema", context_schema)
    )
    _add_nodes(graph, {name: node for name, node in nodes.items() if node is not None})
    _add_edges(graph, _return_direct_tools(tool_node), version == "v1" and post_model_hook is None)
    return graph.compile(
        checkpointer,
        store=store,
        interrupt_before=interrupt_before,
        interrupt_after=interrupt_after,
        debug=debug,
        name=name,
    )


def _warn_of_deprecation() -> None:
    warnings.warn(
        "LangGraph points users of create_react_agent to langchain.agents.create_agent. lgstream keeps it.",
        PendingDeprecationWarning,
        stacklevel=3,
    )


def _check_version(version: str) -> None:
    if version not in ("v1", "v2"):
        raise ValueError(f"Invalid version {version!r}: the version of an agent is 'v1' or 'v2'.")


# State --------------------------------------------------------------------------------------------------------------


def _state_schema(custom_schema: type | None, has_response: bool) -> type:
    """Return the state schema of the agent.

    Raises:
        ValueError: if the custom schema lacks keys.
    """
    check_schema("state_schema", custom_schema)
    if custom_schema is None:
        return AgentStateWithStructuredResponse if has_response else AgentState
    required = {"messages", "remaining_steps"} | ({"structured_response"} if has_response else set())
    missing = sorted(required - set(get_type_hints(custom_schema)))
    if missing:
        raise ValueError(
            f"Missing required key(s) {missing} in state_schema {custom_schema.__name__}: the state of an agent "
            "extends AgentState."
        )
    return custom_schema


def _model_input_schema(schema: Any) -> type:
    """Return the schema with the additional key ``llm_input_messages``, which only the node ``agent`` reads."""
    key, hint = "llm_input_messages", list[AnyMessage]
    if dataclasses.is_dataclass(schema):
        field = (key, hint | None, dataclasses.field(default=None, kw_only=True))
        return dataclasses.make_dataclass("AgentInput", [field], bases=(cast("type", schema),))
    if issubclass(schema, BaseModel):
        fields: dict[str, Any] = {key: (hint | None, None)}
        return cast("type", create_model("AgentInput", __base__=schema, **fields))
    typed_dict: Any = TypedDict
    return cast("type", typed_dict("AgentInput", {**get_type_hints(schema, include_extras=True), key: hint}))


def _with_messages(state: Any, messages: Sequence[BaseMessage]) -> Any:
    """Return the state with these messages in place of its own."""
    if isinstance(state, dict):
        return {**state, "messages": messages}
    if isinstance(state, BaseModel):
        return state.model_copy(update={"messages": messages})
    return dataclasses.replace(state, messages=messages)


# Nodes --------------------------------------------------------------------------------------------------------------


def _as_tool_node(tools: Sequence[Tool] | ToolNode) -> tuple[ToolNode, list[Tool]]:
    """Return the node that runs the tools, and all tools that are bound to the model, provider tools included."""
    if isinstance(tools, ToolNode):
        return tools, [*tools.tools_by_name.values()]
    check_list("tools", tools, TOOLS_RULE)
    tool_node = ToolNode([tool for tool in tools if not isinstance(tool, dict)])
    return tool_node, [*tool_node.tools_by_name.values(), *(tool for tool in tools if isinstance(tool, dict))]


def _return_direct_tools(tool_node: ToolNode) -> frozenset[str]:
    """Return the names of the tools whose result is the answer of the agent."""
    return frozenset(tool.name for tool in tool_node.tools_by_name.values() if tool.return_direct)


def _call_model(choose_model: StateFunction, build_input: StateFunction, name: str | None) -> StateFunction:
    """Return the function of the node ``agent``."""

    def call_model(state: Any, config: Config) -> Effects[Any]:
        messages = state_value(state, "llm_input_messages") or state_value(state, "messages")
        if messages is None:
            raise ValueError("The state of the agent has no 'messages': pass at least an empty list.")
        validate_chat_history(messages)
        model = yield from choose_model(state, config)
        model_input = yield from build_input(_with_messages(state, messages), config)
        response = yield invoke_effect(model, model_input, config)
        response.name = name
        steps = state_value(state, "remaining_steps")
        if steps is not None and steps < 2 and getattr(response, "tool_calls", None):
            response = AIMessage(MORE_STEPS_MESSAGE, id=response.id)
        return {"messages": [response]}

    return call_model


def _response_node(choose_model: StateFunction, response_format: Any) -> EffectRunnable:
    """Return the node that calls the model for the structured response."""
    prompt, schema = response_format if isinstance(response_format, tuple) else (None, response_format)
    system_messages = [] if prompt is None else [SystemMessage(prompt)]

    def generate_structured_response(state: Any, config: Config) -> Effects[Any]:
        model = with_structured_output((yield from choose_model(state, config)), schema)
        response = yield invoke_effect(model, [*system_messages, *state_value(state, "messages")], config)
        return {"structured_response": response}

    return EffectRunnable(RESPONSE_NODE, generate_structured_response)


# Edges --------------------------------------------------------------------------------------------------------------


def _add_nodes(graph: StateGraph, nodes: Mapping[str, Any]) -> None:
    for name, node in nodes.items():
        takes_input = name == "agent" and "pre_model_hook" in nodes
        graph.add_node(name, node, input_schema=_model_input_schema(graph.state_schema) if takes_input else None)


def _add_edges(graph: StateGraph, return_direct: frozenset[str], runs_in_one_task: bool) -> None:
    """Add the edges between the nodes of the agent.

    Args:
        graph: the agent with its nodes.
        return_direct: names of the tools whose result is the answer of the agent.
        runs_in_one_task: True to run all tool calls of a message in one task.
    """
    nodes = graph.nodes
    entry = "pre_model_hook" if "pre_model_hook" in nodes else "agent"
    end = RESPONSE_NODE if RESPONSE_NODE in nodes else END
    last = "post_model_hook" if "post_model_hook" in nodes else "agent"
    graph.add_edge(START, entry)
    if entry != "agent":
        graph.add_edge(entry, "agent")
    if last != "agent":
        graph.add_edge("agent", last)
    if "tools" not in nodes:
        if end != END:  # after a node without outgoing edges the run ends
            graph.add_edge(last, end)
        return
    after_answers = entry if last != "agent" else end
    route = _route_after_model(after_answers, end, runs_in_one_task)
    graph.add_conditional_edges(last, route, list(dict.fromkeys([after_answers, "tools", end])))
    if return_direct:
        graph.add_conditional_edges("tools", _route_after_tools(entry, return_direct), [entry, END])
    else:
        graph.add_edge("tools", entry)


def _route_after_model(after_answers: str, end: str, runs_in_one_task: bool) -> Callable[[Any], Any]:
    """Return the routing function to the tools whose calls are not answered yet.

    Args:
        after_answers: the next node if a hook has answered all calls; ``end`` if there is no hook.
        end: the next node if there are no calls.
        runs_in_one_task: True to run all calls in one task.
    """

    def should_continue(state: Any) -> str | list[Send]:
        messages = state_value(state, "messages")
        pending = _pending_calls(messages) if after_answers != end else getattr(messages[-1], "tool_calls", ())
        if pending and runs_in_one_task:
            return "tools"
        if pending:
            return [Send("tools", _with_context(call, state)) for call in pending]
        return after_answers if isinstance(messages[-1], ToolMessage) else end

    return should_continue


def _pending_calls(messages: Sequence[BaseMessage]) -> list[ToolCall]:
    """Return the calls of the last AIMessage, without those that a hook has answered, and ids answered before."""
    calls, _ = _last_turn(messages)
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    return [call for call in calls if call["id"] not in answered]


def _with_context(call: ToolCall, state: Any) -> ToolCallWithContext:
    return {"__type": "tool_call_with_context", "tool_call": call, "state": state}


def _route_after_tools(entry: str, return_direct: frozenset[str]) -> Callable[[Any], str]:
    """Return the routing function that ends the run if one of the last tools returns its result directly."""

    def route_tool_responses(state: Any) -> str:
        calls, answers = _last_turn(state_value(state, "messages"))
        called = {call["name"] for call in calls} | {message.name for message in answers}
        return END if called & return_direct else entry

    return route_tool_responses


def _last_turn(messages: Sequence[BaseMessage]) -> tuple[list[ToolCall], list[ToolMessage]]:
    """Return the tool calls of the last AIMessage and the ToolMessages after it."""
    answers: list[ToolMessage] = []
    for message in reversed(messages):
        if isinstance(message, AIMessage):
            return message.tool_calls, answers
        if isinstance(message, ToolMessage):
            answers.append(message)
    return [], answers


create_tool_calling_executor = create_react_agent
"""LangGraph's older name of ``create_react_agent``."""
