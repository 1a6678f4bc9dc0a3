"""Results of tools, and how a tool node combines them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId, tool

from lgstream.graph import START, MessagesState, StateGraph
from lgstream.graph.message import REMOVE_ALL_MESSAGES
from lgstream.prebuilt import ToolNode
from lgstream.types import Command, Send
from tests.support.scripted_model import call, message_with_calls

Invoke = Callable[..., Any]


class State(MessagesState):
    user: str


def message(content: Any = "done", id: str = "c1", **fields: Any) -> ToolMessage:
    return ToolMessage(content, tool_call_id=id, **fields)


def returning(output: Any) -> BaseTool:
    """Return a tool whose result is ``output``, or ``output(n)`` if that is a function."""

    @tool
    def give(n: int) -> Any:
        """Give it."""
        return output(n) if callable(output) else output

    return give


def run_tool_node(invoke: Invoke, output: Any, form: str = "state", calls: int = 1, **options: Any) -> Any:
    """Run a tool node whose tool returns ``output``; ``n`` of its calls counts from 1, like their ids."""
    tool_calls = [call("give", f"c{n}", n=n) for n in range(1, calls + 1)]
    input = {
        "state": {"messages": [message_with_calls(*tool_calls)]},
        "messages": [message_with_calls(*tool_calls)],
        "calls": tool_calls,
    }[form]
    return invoke(ToolNode([returning(output)], **options), input)


@pytest.mark.parametrize(
    ("output", "content"),
    [
        ("text", "text"),
        (5, "5"),
        ({"a": "ü"}, '{"a": "ü"}'),
        (None, "null"),
        ([{"type": "text", "text": "a"}], [{"type": "text", "text": "a"}]),
        (message(["a", "b"]), '["a", "b"]'),
        (message([{"kind": "own"}]), '[{"kind": "own"}]'),
    ],
)
def test_results_become_content_that_models_accept(invoke: Invoke, output: Any, content: Any) -> None:
    assert run_tool_node(invoke, output)["messages"][0].content == content


def test_a_message_from_the_tool_is_kept(invoke: Invoke) -> None:
    result = message(name="other", status="error", artifact={"a": 1})
    assert run_tool_node(invoke, result) == {"messages": [result]}


@pytest.mark.parametrize("form", ["state", "messages", "calls"])
def test_a_command_is_returned_in_a_list(invoke: Invoke, form: str) -> None:
    assert run_tool_node(invoke, Command(goto="next"), form) == [Command(goto="next")]


def test_the_answer_in_a_command_gets_the_name_of_the_tool(invoke: Invoke) -> None:
    answer = message()
    (command,) = run_tool_node(invoke, Command(update={"messages": [answer, message("other", "c9")], "user": "ada"}))
    assert command.update == {"messages": [message(name="give"), message("other", "c9")], "user": "ada"}
    assert answer.name is None


def test_for_a_list_of_messages_the_update_is_a_list(invoke: Invoke) -> None:
    assert run_tool_node(invoke, Command(update=[message()]), "messages") == [Command(update=[message(name="give")])]
    with pytest.raises(ValueError, match="must be a list of messages too"):
        run_tool_node(invoke, Command(update={"messages": [message()]}), "messages")


@pytest.mark.parametrize("form", ["state", "calls"])
def test_for_a_state_the_update_is_a_dict(invoke: Invoke, form: str) -> None:
    with pytest.raises(ValueError, match="must be a dict with 'messages' too"):
        run_tool_node(invoke, Command(update=[message()]), form)


@pytest.mark.parametrize("update", [{"user": "ada"}, {"messages": []}, {"messages": [message(id="c9")]}])
def test_a_command_without_an_answer_is_rejected(invoke: Invoke, update: Any) -> None:
    with pytest.raises(ValueError, match="matching ToolMessage"):
        run_tool_node(invoke, Command(update=update))
    handled = run_tool_node(invoke, Command(update=update), handle_tool_errors="handled")
    assert handled == {"messages": [message("handled", name="give", status="error")]}


@pytest.mark.parametrize(
    "command",
    [
        Command(graph=Command.PARENT, update={"user": "ada"}, goto="next"),
        Command(update={"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES)]}),
        Command(goto="next"),
        Command(resume=1),
    ],
)
def test_commands_to_the_parent_or_without_messages_need_no_answer(invoke: Invoke, command: Any) -> None:
    assert run_tool_node(invoke, command) == [command]


def test_messages_and_commands_are_returned_in_the_order_of_the_calls(invoke: Invoke) -> None:
    def mixed(n: int) -> Any:
        return Command(goto="next") if n == 1 else "text"

    text = message("text", "c2", name="give")
    assert run_tool_node(invoke, mixed, calls=2) == [Command(goto="next"), {"messages": [text]}]
    assert run_tool_node(invoke, mixed, "messages", calls=2) == [Command(goto="next"), [text]]


def test_a_list_contains_one_answer_and_any_commands(invoke: Invoke) -> None:
    assert run_tool_node(invoke, [message(), Command(goto="next")]) == [{"messages": [message()]}, Command(goto="next")]
    results: list[Command[Any]] = [Command(update={"messages": [message()]}), Command(update={"user": "ada"})]
    assert run_tool_node(invoke, results)[1] == Command(update={"user": "ada"})
    assert run_tool_node(invoke, [message(), message("more", "c9")]) == {"messages": [message(), message("more", "c9")]}


@pytest.mark.parametrize(
    "output",
    [
        [message(), message("two")],
        [message(id="c9")],
        [Command(goto="next")],
        [Command(update={"messages": [message()]}), message()],
    ],
)
def test_a_list_without_exactly_one_answer_is_rejected(invoke: Invoke, output: Any) -> None:
    with pytest.raises(ValueError, match="exactly one ToolMessage"):
        run_tool_node(invoke, output)


def test_sends_to_the_parent_graph_become_one_command(invoke: Invoke) -> None:
    def hand_over(n: int) -> Any:
        return Command(graph=Command.PARENT, goto=[Send("next", n)])

    joined: Command[Any] = Command(graph=Command.PARENT, goto=[Send("next", 1), Send("next", 2)])
    assert run_tool_node(invoke, hand_over, calls=2) == [joined]


def test_the_updates_of_joined_commands_are_kept(invoke: Invoke) -> None:
    def hand_over(n: int) -> Any:
        return Command(graph=Command.PARENT, update={f"key{n}": n}, goto=[Send("next", n)])

    assert run_tool_node(invoke, hand_over)[0].update == {"key1": 1}
    (joined,) = run_tool_node(invoke, hand_over, calls=2)
    assert joined.update == [("key1", 1), ("key2", 2)]


def test_two_tools_hand_over_to_the_parent_graph(invoke: Invoke) -> None:
    def hand_over(n: int) -> Any:
        return Command(graph=Command.PARENT, goto=[Send("next", {"user": str(n)})])

    def arrive(state: Any) -> Any:
        return {"messages": [AIMessage(f"got {state['user']}")]}

    inner = StateGraph(MessagesState).add_node("tools", ToolNode([returning(hand_over)])).add_edge(START, "tools")
    outer = StateGraph(State).add_node("inner", inner.compile()).add_node("next", arrive).add_edge(START, "inner")
    ai_message = message_with_calls(call("give", "c1", n=1), call("give", "c2", n=2))
    messages = invoke(outer.compile(), {"messages": [HumanMessage("?"), ai_message]})["messages"]
    assert [m.content for m in messages[-2:]] == ["got 1", "got 2"]


def test_a_command_updates_the_graphs_state(invoke: Invoke) -> None:
    @tool
    def rename(user: str, id: Annotated[str, InjectedToolCallId]) -> Any:
        """Name the user."""
        return Command(update={"user": user, "messages": [ToolMessage("renamed", tool_call_id=id)]})

    graph = StateGraph(State).add_node("tools", ToolNode([rename])).add_edge(START, "tools").compile()
    state = invoke(graph, {"messages": [message_with_calls(call("rename", user="ada"))]})
    assert (state["user"], state["messages"][-1].content) == ("ada", "renamed")


def test_a_call_without_an_id_is_rejected(invoke: Invoke) -> None:
    with pytest.raises(TypeError, match="without an id"):
        invoke(ToolNode([returning("x")]), [message_with_calls(call("give", None, n=1))])  # type: ignore[arg-type]
