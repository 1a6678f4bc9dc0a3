"""Turns a request with tools into requests that a very small model can answer. Pure functions.

A model with 135M parameters hardly ever writes a tool call if it is prompted in the usual way, but it can fill in a
form. A turn with tools therefore takes up to two requests. Both are constrained by llama.cpp's grammars, and both
contain only one message of the chat, because long prompts confuse the model:

1. :func:`tool_choice_request` asks which tool helps, or none; skipped if the request allows only one.
2. :func:`arguments_request` asks for the arguments of this tool as JSON that matches its schema;
   :func:`as_tool_call_chunk` turns the answer into a tool call. Without a tool, :func:`answer_request` asks for words.

After the result of a tool the answer is always in words, unless ``tool_choice`` demands a call: a small model that may
call again never stops. The wording of the prompts, the two examples and the sampling were determined by experiment;
docs/local-model.md says how often they work.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypeAlias

from lgstream.local.errors import RequestError

Request: TypeAlias = dict[str, Any]
"""The body of a chat completion request."""
ChatMessage: TypeAlias = dict[str, Any]
FunctionDefinition: TypeAlias = dict[str, Any]
"""The ``function`` of a tool in a request: name, description, parameters."""

NO_TOOL = "none"
"""What the model writes if no tool helps."""

_MAX_ARGUMENTS_TOKENS = 512
_MAX_NAME_TOKENS = 48
"""Tokens of the longest name that OpenAI allows, 64 characters."""
# Without limits the model repeats itself until it runs out of tokens.
_MAX_STRING_CHARS = 200
_MAX_ARRAY_ITEMS = 16

_DETERMINISTIC = {"temperature": 0, "repeat_penalty": 1}
"""Sampling for forms and facts, where nothing should be invented."""

_EXAMPLES: tuple[ChatMessage, ...] = (
    {"role": "user", "content": "paint(thing, colour)\nMessage: Please paint the fence green.\nArguments:"},
    {"role": "assistant", "content": '{"thing": "fence", "colour": "green"}'},
    {"role": "user", "content": "wait(minutes)\nMessage: Wait for 5 minutes\nArguments:"},
    {"role": "assistant", "content": '{"minutes": 5}'},
)


class ToolOffer(NamedTuple):
    """The tools that this turn may call.

    Attributes:
        tools: the tools by name.
        must_call: True if the turn must call one of them.
    """

    tools: dict[str, FunctionDefinition]
    must_call: bool


def offered_tools(request: Request) -> ToolOffer:
    """Return the tools that ``tools`` and ``tool_choice`` of ``request`` allow.

    Raises:
        RequestError: if a tool is not a function, or ``tool_choice`` is invalid or names a tool that does not exist.
    """
    tools = {_function(tool)["name"]: _function(tool) for tool in request.get("tools") or ()}
    choice = request.get("tool_choice") or "auto"
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = choice.get("function", {}).get("name")
        if name not in tools:
            names = ", ".join(tools) or "none"
            raise RequestError(400, f"tool_choice names the function {name!r}, but tools has: {names}")
        return ToolOffer({name: tools[name]}, must_call=True)
    match choice:
        case "none":
            return ToolOffer({}, must_call=False)
        case "auto":
            return ToolOffer({} if _latest_results(request["messages"]) else tools, must_call=False)
        case "required" if tools:
            return ToolOffer(tools, must_call=True)
        case "required":
            raise RequestError(400, 'tool_choice is "required", but tools is empty')
    raise RequestError(
        400, f'tool_choice must be "auto", "none", "required" or name a function, not {json.dumps(choice)}'
    )


def tool_choice_request(request: Request, offer: ToolOffer) -> Request:
    """Return the request whose answer is the name of an offered tool, or :data:`NO_TOOL` if a call is optional."""
    lines = [f"- {_signature(tool)}: {tool.get('description', '')}" for tool in offer.tools.values()]
    names = [*offer.tools]
    task = "Pick the tool that helps with the user's message."
    if not offer.must_call:
        task = "Pick the tool that helps with the user's message, or none."
        lines.append(f"- {NO_TOOL}(): for greetings, thanks, jokes, poems and everything else")
        names.append(NO_TOOL)
    return {
        "messages": [
            {"role": "system", "content": "\n".join([task, *lines])},
            {"role": "user", "content": f"Message: {_last_question(request['messages'])}\nTool:"},
        ],
        # JSON and llama.cpp's grammars escape quotes and backslashes in the same way.
        "grammar": "root ::= " + " | ".join(json.dumps(name, ensure_ascii=False) for name in names),
        "max_tokens": _MAX_NAME_TOKENS,
        **_DETERMINISTIC,
    }


def arguments_request(request: Request, tool: FunctionDefinition) -> Request:
    """Return the request whose answer is the JSON of the arguments of ``tool``."""
    description = tool.get("description", "")
    question = f"{_signature(tool)}: {description}\nMessage: {_last_question(request['messages'])}\nArguments:"
    schema = _bounded(tool.get("parameters") or {"type": "object", "properties": {}})
    return {
        **_DETERMINISTIC,
        **{key: request[key] for key in ("temperature", "top_p", "seed", "stream_options") if key in request},
        "messages": [
            {"role": "system", "content": "Write the arguments as JSON, taken from the message."},
            *_EXAMPLES,
            {"role": "user", "content": question},
        ],
        "max_tokens": min(_max_tokens(request) or _MAX_ARGUMENTS_TOKENS, _MAX_ARGUMENTS_TOKENS),
        "response_format": {"type": "json_schema", "json_schema": {"name": tool["name"], "schema": schema}},
    }


def answer_request(request: Request) -> Request:
    """Return the request whose answer is in words, or in JSON if the request has a ``response_format``.

    It has no tools; the results of tools are facts in its question.
    """
    messages: list[ChatMessage] = request["messages"]
    tool_keys = ("tools", "tool_choice", "parallel_tool_calls")
    without_tools = {key: value for key, value in request.items() if key not in tool_keys}
    response_format = _bounded_response_format(request)
    results = _latest_results(messages)
    if not results:
        sampling = _DETERMINISTIC if response_format else {}
        return {**sampling, **without_tools, **response_format, "messages": _messages_without_tools(messages)}
    facts = "\n".join(_text(message) for message in results)
    question = (
        f"Question: {_last_question(messages)}\nFacts: {facts}\nAnswer the question from the facts in one sentence."
    )
    earlier = _messages_without_tools(messages[: max(_last_question_index(messages), 0)])
    return {
        **_DETERMINISTIC,
        **without_tools,
        **response_format,
        "messages": [*earlier, {"role": "user", "content": question}],
    }


def as_tool_call_chunk(chunk: dict[str, Any], name: str, call_id: str) -> dict[str, Any]:
    """Return a chunk of the answer to :func:`arguments_request` as OpenAI's chunk of a tool call."""
    return {**chunk, "choices": [_as_tool_call_choice(choice, name, call_id) for choice in chunk["choices"]]}


def _as_tool_call_choice(choice: dict[str, Any], name: str, call_id: str) -> dict[str, Any]:
    delta = choice["delta"]
    text = delta.get("content")
    if "role" in delta:
        function = {"name": name, "arguments": text or ""}
        call = {"index": 0, "id": call_id, "type": "function", "function": function}
        delta = {"role": "assistant", "content": None, "tool_calls": [call]}
    elif text:
        delta = {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}
    # "length" stays, so that the client knows that the arguments are incomplete.
    reason = "tool_calls" if choice["finish_reason"] == "stop" else choice["finish_reason"]
    return {**choice, "delta": delta, "finish_reason": reason}


def _function(tool: Any) -> FunctionDefinition:
    function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise RequestError(400, f"tools may contain only functions with a name, not {json.dumps(tool)[:200]}")
    return function


def _signature(tool: FunctionDefinition) -> str:
    return f"{tool['name']}({', '.join((tool.get('parameters') or {}).get('properties') or ())})"


def _bounded(schema: Any) -> Any:
    """Return ``schema`` with a limit for every string, array and object that has none, so that the JSON is complete."""
    if isinstance(schema, list):
        return [_bounded(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    bounded = {key: value if key in ("enum", "const", "default") else _bounded(value) for key, value in schema.items()}
    schema_type = schema.get("type")
    if schema_type == "string" and not schema.keys() & {"enum", "const", "pattern", "format", "maxLength"}:
        bounded["maxLength"] = max(_MAX_STRING_CHARS, schema.get("minLength", 0))
    if schema_type == "array":
        bounded.setdefault("maxItems", max(_MAX_ARRAY_ITEMS, schema.get("minItems", 0)))
    if schema_type == "object" and "properties" in schema:
        bounded.setdefault("additionalProperties", False)
    return bounded


def _bounded_response_format(request: Request) -> Request:
    """Return the ``response_format`` of the request with limits, if it is a JSON schema; else an empty dict."""
    response_format = request.get("response_format") or {}
    if response_format.get("type") != "json_schema" or "schema" not in response_format.get("json_schema", {}):
        return {}
    json_schema = {**response_format["json_schema"], "schema": _bounded(response_format["json_schema"]["schema"])}
    return {"response_format": {**response_format, "json_schema": json_schema}}


def _max_tokens(request: Request) -> int | None:
    return request.get("max_completion_tokens") or request.get("max_tokens")


def _last_question_index(messages: list[ChatMessage]) -> int:
    """Return the index of the last message of the user, or -1."""
    return max((index for index, message in enumerate(messages) if message.get("role") == "user"), default=-1)


def _last_question(messages: list[ChatMessage]) -> str:
    index = _last_question_index(messages)
    return _text(messages[index]) if index >= 0 else ""


def _latest_results(messages: list[ChatMessage]) -> list[ChatMessage]:
    """Return the results of tools after the last message of the user."""
    return [message for message in messages[_last_question_index(messages) + 1 :] if message.get("role") == "tool"]


def _messages_without_tools(messages: list[ChatMessage]) -> list[ChatMessage]:
    """Return the messages with roles that every chat template knows: without tool calls and their results."""
    return [message for message in messages if message.get("role") != "tool" and not message.get("tool_calls")]


def _text(message: ChatMessage) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part.get("type") == "text")
