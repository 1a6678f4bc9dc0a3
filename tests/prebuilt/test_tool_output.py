"""Tools that return messages and Commands, and how a node puts them together."""

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
from tests.support.scripted_model import asking, call

Invoke = Callable[..., Any]


class State(MessagesState):
    user: str


def message(text: str = "done", id: str = "c1", **fields: Any) -> ToolMessage:
    return ToolMessage(text, tool_call_id=id, **fields)


def returning(output: Any) -> BaseTool:
    """A tool that returns this, or what this makes of its number."""

    @tool
    def give(n: int) -> Any:
        """Give it."""
        return output(n) if callable(output) else output

    return give


def given(invoke: Invoke, output: Any, form: str = "state", calls: int = 1, **options: Any) -> Any:
    """What a node returns whose tool returns ``output``; numbers count from 1, as the ids do."""
    asked = [call("give", f"c{n}", n=n) for n in range(1, calls + 1)]
    input = {"state": {"messages": [asking(*asked)]}, "messages": [asking(*asked)], "calls": asked}[form]
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
def test_what_a_tool_returns_becomes_content_that_models_take(invoke: Invoke, output: Any, content: Any) -> None:
    assert given(invoke, output)["messages"][0].content == content


def test_a_message_of_the_tools_own_is_kept(invoke: Invoke) -> None:
    own = message(name="other", status="error", artifact={"a": 1})
    assert given(invoke, own) == {"messages": [own]}


@pytest.mark.parametrize("form", ["state", "messages", "calls"])
def test_a_command_comes_back_in_a_list(invoke: Invoke, form: str) -> None:
    assert given(invoke, Command(goto="next"), form) == [Command(goto="next")]


def test_a_commands_answer_bears_the_tools_name(invoke: Invoke) -> None:
    own = message()
    (command,) = given(invoke, Command(update={"messages": [own, message("other", "c9")], "user": "ada"}))
    assert command.update == {"messages": [message(name="give"), message("other", "c9")], "user": "ada"}
    assert own.name is None


def test_for_a_list_of_messages_the_update_is_a_list(invoke: Invoke) -> None:
    assert given(invoke, Command(update=[message()]), "messages") == [Command(update=[message(name="give")])]
    with pytest.raises(ValueError, match="must be a list of messages too"):
        given(invoke, Command(update={"messages": [message()]}), "messages")


@pytest.mark.parametrize("form", ["state", "calls"])
def test_for_a_state_the_update_is_a_dict(invoke: Invoke, form: str) -> None:
    with pytest.raises(ValueError, match="must be a dict with 'messages' too"):
        given(invoke, Command(update=[message()]), form)


@pytest.mark.parametrize("update", [{"user": "ada"}, {"messages": []}, {"messages": [message(id="c9")]}])
def test_a_command_that_leaves_the_call_unanswered_is_refused(invoke: Invoke, update: Any) -> None:
    with pytest.raises(ValueError, match="matching ToolMessage"):
        given(invoke, Command(update=update))
    handled = given(invoke, Command(update=update), handle_tool_errors="handled")
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
def test_a_command_that_goes_up_or_says_nothing_needs_no_answer(invoke: Invoke, command: Any) -> None:
    assert given(invoke, command) == [command]


def test_messages_and_commands_come_back_in_the_order_of_the_calls(invoke: Invoke) -> None:
    def mixed(n: int) -> Any:
        return Command(goto="next") if n == 1 else "text"

    text = message("text", "c2", name="give")
    assert given(invoke, mixed, calls=2) == [Command(goto="next"), {"messages": [text]}]
    assert given(invoke, mixed, "messages", calls=2) == [Command(goto="next"), [text]]


def test_a_list_holds_one_answer_and_any_commands(invoke: Invoke) -> None:
    assert given(invoke, [message(), Command(goto="next")]) == [{"messages": [message()]}, Command(goto="next")]
    answered = [Command(update={"messages": [message()]}), Command(update={"user": "ada"})]
    assert given(invoke, answered)[1] == Command(update={"user": "ada"})
    assert given(invoke, [message(), message("more", "c9")]) == {"messages": [message(), message("more", "c9")]}


@pytest.mark.parametrize(
    "output",
    [
        [message(), message("two")],
        [message(id="c9")],
        [Command(goto="next")],
        [Command(update={"messages": [message()]}), message()],
    ],
)
def test_a_list_without_exactly_one_answer_is_refused(invoke: Invoke, output: Any) -> None:
    with pytest.raises(ValueError, match="exactly one ToolMessage"):
        given(invoke, output)


def test_sends_to_the_parent_graph_become_one_command(invoke: Invoke) -> None:
    def hand_over(n: int) -> Any:
        return Command(graph=Command.PARENT, goto=[Send("next", n)])

    joined = Command(graph=Command.PARENT, goto=[Send("next", 1), Send("next", 2)])
    assert given(invoke, hand_over, calls=2) == [joined]


def test_the_updates_of_joined_commands_are_kept(invoke: Invoke) -> None:
    def hand_over(n: int) -> Any:
        return Command(graph=Command.PARENT, update={f"key{n}": n}, goto=[Send("next", n)])

    assert given(invoke, hand_over)[0].update == {"key1": 1}
    (joined,) = given(invoke, hand_over, calls=2)
    assert joined.update == [("key1", 1), ("key2", 2)]


def test_two_tools_hand_over_to_the_parent_graph(invoke: Invoke) -> None:
    def hand_over(n: int) -> Any:
        return Command(graph=Command.PARENT, goto=[Send("next", {"user": str(n)})])

    def arrive(state: Any) -> Any:
        return {"messages": [AIMessage(f"got {state['user']}")]}

    inner = StateGraph(MessagesState).add_node("tools", ToolNode([returning(hand_over)])).add_edge(START, "tools")
    outer = StateGraph(State).add_node("inner", inner.compile()).add_node("next", arrive).add_edge(START, "inner")
    asked = asking(call("give", "c1", n=1), call("give", "c2", n=2))
    said = invoke(outer.compile(), {"messages": [HumanMessage("?"), asked]})["messages"]
    assert [m.content for m in said[-2:]] == ["got 1", "got 2"]


def test_a_command_updates_the_graphs_state(invoke: Invoke) -> None:
    @tool
    def rename(user: str, id: Annotated[str, InjectedToolCallId]) -> Any:
        """Name the user."""
        return Command(update={"user": user, "messages": [ToolMessage("renamed", tool_call_id=id)]})

    graph = StateGraph(State).add_node("tools", ToolNode([rename])).add_edge(START, "tools").compile()
    state = invoke(graph, {"messages": [asking(call("rename", user="ada"))]})
    assert (state["user"], state["messages"][-1].content) == ("ada", "renamed")


def test_a_call_without_an_id_is_refused(invoke: Invoke) -> None:
    with pytest.raises(TypeError, match="without an id"):
        invoke(ToolNode([returning("x")]), [asking(call("give", None, n=1))])  # type: ignore[arg-type]
