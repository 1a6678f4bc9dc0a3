"""A request with tools, made into requests that a very small model can answer. Pure.

A model of 135M parameters hardly ever writes a tool call when it is asked the usual way, but it fills in a form well.
So a turn with tools takes up to two requests, both constrained by llama.cpp's grammars, and both about one message
only, since long prompts lose it:

1. :func:`choosing` asks which tool helps, or none; skipped where the request leaves one possibility.
2. :func:`calling` asks for that tool's arguments as JSON of its schema, which :func:`as_call` turns into a tool call;
   or :func:`answering` asks for words.

After a tool's result it is always words, unless ``tool_choice`` demands a call: a small model that may go on calling
never stops. The wording of the prompts, the two examples and the sampling were found by trying; see
docs/local-model.md for how often they work.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from lgstream.local.errors import Refused

Request = dict[str, Any]
Message = dict[str, Any]
Tool = dict[str, Any]

NONE = "none"
"""What the model writes when no tool helps."""

_MAX_ARGUMENTS = 512  # tokens of one call's arguments
_MAX_STRING, _MAX_ITEMS = 200, 16  # without an end in sight the model repeats itself to the last token
_MAX_NAME = 48  # tokens of the longest name that OpenAI allows, 64 characters

_EXACT = {"temperature": 0, "repeat_penalty": 1}  # for forms and facts, where nothing should be invented

_EXAMPLES: tuple[Message, ...] = (
    {"role": "user", "content": "paint(thing, colour)\nMessage: Please paint the fence green.\nArguments:"},
    {"role": "assistant", "content": '{"thing": "fence", "colour": "green"}'},
    {"role": "user", "content": "wait(minutes)\nMessage: Wait for 5 minutes\nArguments:"},
    {"role": "assistant", "content": '{"minutes": 5}'},
)


class Offer(NamedTuple):
    """The tools, by name, that this turn may call, and whether it must call one."""

    tools: dict[str, Tool]
    must: bool


def offer(request: Request) -> Offer:
    """What ``tools`` and ``tool_choice`` of ``request`` leave to choose from.

    Raises:
        Refused: a tool is no function, or ``tool_choice`` is none of the known forms or names no tool of the request.
    """
    tools = {_function(tool)["name"]: _function(tool) for tool in request.get("tools") or ()}
    choice = request.get("tool_choice") or "auto"
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = choice.get("function", {}).get("name")
        if name not in tools:
            raise Refused(400, f"tool_choice names the function {name!r}, but tools has: {', '.join(tools) or 'none'}")
        return Offer({name: tools[name]}, must=True)
    match choice:
        case "none":
            return Offer({}, must=False)
        case "auto":
            return Offer({} if _results(request["messages"]) else tools, must=False)
        case "required" if tools:
            return Offer(tools, must=True)
        case "required":
            raise Refused(400, 'tool_choice is "required", but tools is empty')
    raise Refused(400, f'tool_choice must be "auto", "none", "required" or name a function, not {json.dumps(choice)}')


def choosing(request: Request, offered: Offer) -> Request:
    """The request whose answer is the name of one of the offered tools, or :data:`NONE` if none must be called."""
    lines = [f"- {_signature(tool)}: {tool.get('description', '')}" for tool in offered.tools.values()]
    names = [*offered.tools]
    task = "Pick the tool that helps with the user's message."
    if not offered.must:
        task = "Pick the tool that helps with the user's message, or none."
        lines.append(f"- {NONE}(): for greetings, thanks, jokes, poems and everything else")
        names.append(NONE)
    return {
        "messages": [
            {"role": "system", "content": "\n".join([task, *lines])},
            {"role": "user", "content": f"Message: {_question(request['messages'])}\nTool:"},
        ],
        # JSON's escapes for quotes and backslashes are the grammar's.
        "grammar": "root ::= " + " | ".join(json.dumps(name, ensure_ascii=False) for name in names),
        "max_tokens": _MAX_NAME,
        **_EXACT,
    }


def calling(request: Request, tool: Tool) -> Request:
    """The request whose answer is the JSON of ``tool``'s arguments."""
    description = tool.get("description", "")
    question = f"{_signature(tool)}: {description}\nMessage: {_question(request['messages'])}\nArguments:"
    schema = _bounded(tool.get("parameters") or {"type": "object", "properties": {}})
    return {
        **_EXACT,
        **{key: request[key] for key in ("temperature", "top_p", "seed", "stream_options") if key in request},
        "messages": [
            {"role": "system", "content": "Write the arguments as JSON, taken from the message."},
            *_EXAMPLES,
            {"role": "user", "content": question},
        ],
        "max_tokens": min(_limit(request) or _MAX_ARGUMENTS, _MAX_ARGUMENTS),
        "response_format": {"type": "json_schema", "json_schema": {"name": tool["name"], "schema": schema}},
    }


def answering(request: Request) -> Request:
    """The request whose answer is words, or JSON where it has a schema: tools are left out, and what they answered is
    told as facts of the question."""
    messages: list[Message] = request["messages"]
    plain = {key: value for key, value in request.items() if key not in ("tools", "tool_choice", "parallel_tool_calls")}
    form = _form(request)
    results = _results(messages)
    if not results:
        return {**(_EXACT if form else {}), **plain, **form, "messages": _told(messages)}
    facts = "\n".join(_text(message) for message in results)
    question = f"Question: {_question(messages)}\nFacts: {facts}\nAnswer the question from the facts in one sentence."
    earlier = _told(messages[: max(_last_question(messages), 0)])
    return {**_EXACT, **plain, **form, "messages": [*earlier, {"role": "user", "content": question}]}


def as_call(chunk: dict[str, Any], name: str, call_id: str) -> dict[str, Any]:
    """A chunk of the answer to :func:`calling`, as the chunk of a tool call that OpenAI would send."""
    return {**chunk, "choices": [_call_choice(choice, name, call_id) for choice in chunk["choices"]]}


def _call_choice(choice: dict[str, Any], name: str, call_id: str) -> dict[str, Any]:
    delta = choice["delta"]
    text = delta.get("content")
    if "role" in delta:
        function = {"name": name, "arguments": text or ""}
        call = {"index": 0, "id": call_id, "type": "function", "function": function}
        delta = {"role": "assistant", "content": None, "tool_calls": [call]}
    elif text:
        delta = {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}
    # "length" stays: the arguments are cut off then, and the client has to know.
    reason = "tool_calls" if choice["finish_reason"] == "stop" else choice["finish_reason"]
    return {**choice, "delta": delta, "finish_reason": reason}


def _function(tool: Any) -> Tool:
    function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise Refused(400, f"tools may hold functions with a name only, not {json.dumps(tool)[:200]}")
    return function


def _signature(tool: Tool) -> str:
    return f"{tool['name']}({', '.join((tool.get('parameters') or {}).get('properties') or ())})"


def _bounded(schema: Any) -> Any:
    """``schema`` with an end to every text, list and object that has none, so that the JSON is whole when it ends."""
    if isinstance(schema, list):
        return [_bounded(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    bounded = {key: value if key in ("enum", "const", "default") else _bounded(value) for key, value in schema.items()}
    kind = schema.get("type")
    if kind == "string" and not schema.keys() & {"enum", "const", "pattern", "format", "maxLength"}:
        bounded["maxLength"] = max(_MAX_STRING, schema.get("minLength", 0))
    if kind == "array":
        bounded.setdefault("maxItems", max(_MAX_ITEMS, schema.get("minItems", 0)))
    if kind == "object" and "properties" in schema:
        bounded.setdefault("additionalProperties", False)
    return bounded


def _form(request: Request) -> Request:
    """The request's own ``response_format``, bounded, if it is a JSON schema."""
    asked = request.get("response_format") or {}
    if asked.get("type") != "json_schema" or "schema" not in asked.get("json_schema", {}):
        return {}
    schema = {**asked["json_schema"], "schema": _bounded(asked["json_schema"]["schema"])}
    return {"response_format": {**asked, "json_schema": schema}}


def _limit(request: Request) -> int | None:
    return request.get("max_completion_tokens") or request.get("max_tokens")


def _last_question(messages: list[Message]) -> int:
    return max((index for index, message in enumerate(messages) if message.get("role") == "user"), default=-1)


def _question(messages: list[Message]) -> str:
    asked = _last_question(messages)
    return _text(messages[asked]) if asked >= 0 else ""


def _results(messages: list[Message]) -> list[Message]:
    """What tools have answered since the user last spoke."""
    return [message for message in messages[_last_question(messages) + 1 :] if message.get("role") == "tool"]


def _told(messages: list[Message]) -> list[Message]:
    """``messages`` in the roles that every chat template knows: calls and results of earlier turns are left out,
    their answers in words remain."""
    return [message for message in messages if message.get("role") != "tool" and not message.get("tool_calls")]


def _text(message: Message) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part.get("type") == "text")
