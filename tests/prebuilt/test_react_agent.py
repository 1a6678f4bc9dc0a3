"""create_react_agent: nodes, edges and options of an agent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from subprocess import run
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from pydantic import BaseModel
from typing_extensions import TypedDict

from lgstream.errors import GraphRecursionError
from lgstream.graph import START, MessagesState, StateGraph, add_messages
from lgstream.managed import RemainingSteps
from lgstream.prebuilt import InjectedState, InjectedStore, ToolNode, ToolRuntime, create_react_agent
from lgstream.prebuilt.chat_agent_executor import AgentState, AgentStatePydantic
from lgstream.types import Command, interrupt
from tests.support.scripted_model import ScriptedModel, call, message_with_calls

pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:create_react_agent has been moved"),
]

Invoke = Callable[..., Any]
HI = {"messages": [HumanMessage("hi", id="hi")]}
THREAD = {"configurable": {"thread_id": "1"}}


@tool
def echo(text: str) -> str:
    """Say it again."""
    return f"echo {text}"


@tool(return_direct=True)
def final(text: str) -> str:
    """Say the last word."""
    return f"final {text}"


@tool
def failing(text: str) -> str:
    """Fail."""
    raise ValueError(text)


class Answer(BaseModel):
    answer: int


def agent(turns: list[Any], tools: Any = (echo, final), **options: Any) -> Any:
    return create_react_agent(ScriptedModel(turns=turns), tools, **options)


def texts(state: Any) -> list[Any]:
    return [message.content for message in state["messages"]]


def steps(graph: Any, input: Any = HI, config: Any = None) -> list[str]:
    """Return the nodes that ran, in order."""
    return [node for update in graph.stream(input, config, stream_mode="updates") for node in update]


both_versions = pytest.mark.parametrize("version", ["v1", "v2"])


def test_importing_lgstream_does_not_load_the_agents() -> None:
    code = "import lgstream, sys; sys.exit('lgstream.prebuilt' in sys.modules)"
    assert run([sys.executable, "-c", code], check=False).returncode == 0


def test_it_warns_that_langgraph_recommends_another_function() -> None:
    with pytest.warns(PendingDeprecationWarning, match=r"langchain\.agents\.create_agent"):
        agent([])


@both_versions
def test_tools_are_called_until_the_model_answers(invoke: Invoke, version: Any) -> None:
    graph = agent(
        [[call("echo", text="a"), call("echo", "c2", text="b")], [call("echo", "c3", text="c")]], version=version
    )
    messages = invoke(graph, HI)["messages"]
    assert [type(message) for message in messages] == [
        HumanMessage,
        AIMessage,
        ToolMessage,
        ToolMessage,
        AIMessage,
        ToolMessage,
        AIMessage,
    ]
    assert texts({"messages": messages[2:4]}) == ["echo a", "echo b"]
    assert messages[-1].content == "hi|hi|echo a|echo b|hi|hi|echo a|echo b|echo c"


@pytest.mark.parametrize(("version", "tasks"), [("v1", 1), ("v2", 2)])
def test_the_version_decides_whether_each_call_is_a_task(version: Any, tasks: int) -> None:
    graph = agent([[call("echo", text="a"), call("echo", "c2", text="b")]], version=version)
    assert steps(graph) == ["agent", *["tools"] * tasks, "agent"]


def test_an_unknown_version_is_rejected() -> None:
    with pytest.raises(ValueError, match="Invalid version 'v3'"):
        agent([], version="v3")


def test_without_tools_the_model_is_called_once(invoke: Invoke) -> None:
    graph = agent([], tools=[])
    assert list(graph.builder.nodes) == ["agent"]
    assert texts(invoke(graph, HI)) == ["hi", "hi"]


def test_tools_can_be_functions_or_a_tool_node(invoke: Invoke) -> None:
    def shout(text: str) -> str:
        """Say it loud."""
        return text.upper()

    for tools in ([shout], ToolNode([shout])):
        assert texts(invoke(agent([[call("shout", text="a")]], tools), HI))[2] == "A"


def test_tools_of_the_provider_are_bound_and_not_run() -> None:
    model = ScriptedModel()
    graph = create_react_agent(model, [echo, {"type": "web_search"}])
    assert model.bound_tools == [[echo, {"type": "web_search"}]]
    assert list(graph.builder.nodes["tools"].action.tools_by_name) == ["echo"]
    assert list(create_react_agent(ScriptedModel(), [{"type": "web_search"}]).builder.nodes) == ["agent"]


@both_versions
def test_a_tool_that_returns_directly_ends_the_run(invoke: Invoke, version: Any) -> None:
    graph = agent([[call("final", text="a"), call("echo", "c2", text="b")]], version=version)
    assert sorted(texts(invoke(graph, HI))) == ["echo b", "final a", "hi", "hi"]
    assert texts(invoke(agent([[call("echo", text="a")]], version=version), HI))[-1] == "hi|hi|echo a"


@both_versions
def test_errors_of_tools_end_the_run_unless_a_tool_node_handles_them(invoke: Invoke, version: Any) -> None:
    turns = [[call("failing", text="a")]]
    with pytest.raises(ValueError, match="a"):
        invoke(agent(turns, [failing], version=version), HI)
    handled = agent(turns, ToolNode([failing], handle_tool_errors="handled"), version=version)
    assert texts(invoke(handled, HI))[2] == "handled"


def test_the_name_is_that_of_the_graph_and_its_messages(invoke: Invoke) -> None:
    graph = agent([], name="bob")
    assert graph.get_name() == "bob"
    assert invoke(graph, HI)["messages"][-1].name == "bob"


@both_versions
def test_an_agent_without_steps_left_for_a_tool_says_so(invoke: Invoke, version: Any) -> None:
    endless = [[call("echo", f"c{n}", text="a")] for n in range(9)]
    sorry = "Sorry, need more steps to process this request."
    assert texts(invoke(agent(endless, version=version), HI, {"recursion_limit": 2})) == ["hi", sorry]
    assert texts(invoke(agent(endless, version=version), HI, {"recursion_limit": 4}))[2:] == ["echo a", sorry]
    with pytest.raises(GraphRecursionError):
        invoke(agent(endless, version=version), HI, {"recursion_limit": 3})


def test_a_history_with_an_unanswered_call_is_rejected(invoke: Invoke) -> None:
    with pytest.raises(ValueError, match="do not have a corresponding ToolMessage"):
        invoke(
            agent([]), {"messages": [message_with_calls(call("echo", text="a")), ToolMessage("x", tool_call_id="c9")]}
        )


# prompts --------------------------------------------------------------------------------------------------------


async def with_user(state: Any) -> list[Any]:
    return [SystemMessage("be late"), *state["messages"]]


@pytest.mark.parametrize(
    ("prompt", "model_input"),
    [
        (None, "hi"),
        ("be kind", "be kind|hi"),
        (SystemMessage("be brief"), "be brief|hi"),
        (lambda state: [*state["messages"], HumanMessage("now")], "hi|now"),
        (lambda state, config: config["configurable"]["thread_id"], "1"),
        (lambda state, *, store: type(store).__name__, "InMemoryStore"),
        (with_user, "be late|hi"),
    ],
)
def test_the_prompt_determines_the_input_of_the_model(invoke: Invoke, prompt: Any, model_input: str) -> None:
    graph = agent([], prompt=prompt, store=InMemoryStore())
    assert texts(invoke(graph, HI, THREAD))[-1] == model_input


def test_a_prompt_template_is_a_prompt(invoke: Invoke) -> None:
    template = ChatPromptTemplate.from_messages([("system", "be a template"), ("placeholder", "{messages}")])
    assert texts(invoke(agent([], prompt=template), HI))[-1] == "be a template|hi"


def test_a_function_can_return_a_prompt_template(invoke: Invoke) -> None:
    graph = agent([], prompt=lambda state: SystemMessage("be added up") + state["messages"])
    assert texts(invoke(graph, HI))[-1] == "be added up|hi"


@pytest.mark.parametrize("prompt", [3, HumanMessage("x"), ["x"]])
def test_a_prompt_of_another_type_is_rejected(prompt: Any) -> None:
    with pytest.raises(ValueError, match="prompt of an agent must be"):
        agent([], prompt=prompt)


# the structured response ----------------------------------------------------------------------------------------


@both_versions
@pytest.mark.parametrize(
    ("response_format", "response"),
    [(Answer, Answer(answer=42)), ({"title": "A", "type": "object"}, {"answer": 42})],
)
def test_a_response_format_adds_a_structured_response(
    invoke: Invoke, version: Any, response_format: Any, response: Any
) -> None:
    model = ScriptedModel(turns=[[call("echo", text="a")]])
    graph = create_react_agent(model, [echo], response_format=response_format, prompt="be kind", version=version)
    assert invoke(graph, HI)["structured_response"] == response
    assert [message.content for message in model.inputs[-1]] == [
        "hi",
        "be kind|hi",
        "echo a",
        "be kind|hi|be kind|hi|echo a",
    ]


def test_the_response_format_can_have_its_own_prompt(invoke: Invoke) -> None:
    model = ScriptedModel()
    invoke(create_react_agent(model, [], response_format=("in numbers", Answer)), HI)
    assert model.inputs[-1][0] == SystemMessage("in numbers")


def test_a_direct_return_has_no_structured_response(invoke: Invoke) -> None:
    state = invoke(agent([[call("final", text="a")]], response_format=Answer), HI)
    assert "structured_response" not in state


# the state ------------------------------------------------------------------------------------------------------


class WithUser(AgentState):
    user: str


class WithUserPydantic(AgentStatePydantic):
    user: str = "nobody"


@dataclass
class WithUserDataclass:
    messages: Annotated[list[Any], add_messages] = field(default_factory=list)
    remaining_steps: RemainingSteps = 25
    user: str = "nobody"


@tool
def who(user: Annotated[str, InjectedState("user")], runtime: ToolRuntime) -> str:
    """Name the user."""
    return f"{user} in a {'dict' if isinstance(runtime.state, dict) else 'model'}"


@both_versions
@pytest.mark.parametrize(
    ("schema", "kind"), [(WithUser, "dict"), (WithUserPydantic, "model"), (WithUserDataclass, "model")]
)
@pytest.mark.parametrize("hook", [None, lambda state: {"llm_input_messages": [HumanMessage("instead")]}])
def test_the_state_can_have_more_keys(invoke: Invoke, version: Any, schema: Any, kind: str, hook: Any) -> None:
    graph = agent([[call("who")]], [who], state_schema=schema, version=version, pre_model_hook=hook, prompt="p")
    state = invoke(graph, {**HI, "user": "ada"})
    assert (texts(state)[2], state["user"]) == (f"ada in a {kind}", "ada")
    assert texts(state)[1] == ("p|hi" if hook is None else "p|instead")


def test_a_state_without_the_keys_of_an_agent_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"\['remaining_steps'\] in state_schema MessagesState"):
        agent([], state_schema=MessagesState)
    with pytest.raises(ValueError, match="structured_response"):
        agent([], state_schema=AgentState, response_format=Answer)


def test_a_tools_command_updates_the_state(invoke: Invoke) -> None:
    @tool
    def rename(user: str, id: Annotated[str, InjectedToolCallId]) -> Any:
        """Name the user."""
        return Command(update={"user": user, "messages": [ToolMessage("renamed", tool_call_id=id)]})

    state = invoke(agent([[call("rename", user="ada")]], [rename], state_schema=WithUser), HI)
    assert (state["user"], texts(state)[2]) == ("ada", "renamed")


def test_a_tool_hands_over_to_another_agent(invoke: Invoke) -> None:
    @tool
    def hand_over(id: Annotated[str, InjectedToolCallId], state: Annotated[Any, InjectedState]) -> Any:
        """Let the other answer."""
        messages = [*state["messages"], ToolMessage("over", tool_call_id=id)]
        return Command(graph=Command.PARENT, goto="other", update={"messages": messages})

    first = agent([[call("hand_over")]], [hand_over], name="first")
    other = agent([], [], name="other")
    graph = StateGraph(MessagesState).add_node(first).add_node(other).add_edge(START, "first").compile()
    assert texts(invoke(graph, HI)) == ["hi", "hi", "over", "hi|hi|over"]


# the run --------------------------------------------------------------------------------------------------------


def test_the_store_the_context_and_the_checkpointer_reach_the_graph(invoke: Invoke) -> None:
    class Context(TypedDict):
        tone: str

    @tool
    def note(runtime: ToolRuntime, store: Annotated[Any, InjectedStore()]) -> str:
        """Note the tone."""
        store.put(("tones",), "k", runtime.context)
        return "noted"

    store, saver = InMemoryStore(), InMemorySaver()
    graph = agent([[call("note")]], [note], context_schema=Context, store=store, checkpointer=saver)
    invoke(graph, HI, THREAD, context={"tone": "kind"})
    assert store.get(("tones",), "k").value == {"tone": "kind"}
    assert texts(graph.get_state(THREAD).values)[2] == "noted"


@both_versions
def test_it_stops_before_and_after_nodes(version: Any) -> None:
    turns = [[call("echo", text="a")]]
    before = agent(turns, checkpointer=InMemorySaver(), interrupt_before=["tools"], version=version)
    assert steps(before, config=THREAD) == ["agent", "__interrupt__"]
    assert before.get_state(THREAD).next == ("tools",)
    assert steps(before, None, THREAD) == ["tools", "agent"]
    after = agent(turns, checkpointer=InMemorySaver(), interrupt_after=["tools"], version=version)
    assert steps(after, config=THREAD) == ["agent", "tools", "__interrupt__"]


def test_two_tools_can_interrupt_in_one_superstep(invoke: Invoke) -> None:
    @tool
    def ask(question: str) -> str:
        """Ask the user."""
        return f"they said {interrupt(question)}"

    turns = [[call("ask", question="a?"), call("ask", "c2", question="b?")]]
    graph = agent(turns, [ask], checkpointer=InMemorySaver())
    questions = invoke(graph, HI, THREAD)["__interrupt__"]
    answers = {question.id: question.value.upper() for question in questions}
    assert texts(invoke(graph, Command(resume=answers), THREAD))[2:4] == ["they said A?", "they said B?"]


def test_debug_prints_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    agent([], debug=True).invoke(HI)
    assert "[updates]" in capsys.readouterr().out


def test_tokens_and_tool_messages_are_streamed_with_their_node() -> None:
    graph = agent([[call("echo", text="a")]])
    chunks = [
        (message.content, metadata["langgraph_node"]) for message, metadata in graph.stream(HI, stream_mode="messages")
    ]
    assert chunks == [("hi", "agent"), ("echo a", "tools"), ("hi|hi|echo a", "agent")]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_answer_with_the_id_of_an_earlier_one_takes_its_place_and_ends_the_run(version: Any) -> None:
    class SameId(ScriptedModel):
        def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
            result = super()._generate(*args, **kwargs)
            result.generations[0].message.id = "same"
            return result

    def types(package: str) -> list[str]:
        create = import_module(f"{package}.prebuilt").create_react_agent
        agent = create(SameId(turns=[[call("echo", text="a")], [call("echo", text="b")]]), [echo], version=version)
        return [message.type for message in agent.invoke({"messages": [("user", "hi")]})["messages"]]

    assert types("lgstream") == types("langgraph") == ["human", "ai", "tool"]
