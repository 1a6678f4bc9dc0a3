"""The snippets of the guide “How to stream data from within a tool”, but for the imports, as they stand there.

Left out: the installation with pip.
"""

# %% introduction, custom data
# filling: the lines marked so stand for the guide's dots, and for what it takes for granted
from lgstream.graph import START, MessagesState, StateGraph  # filling
# highlight-next-line
from lgstream.config import get_stream_writer

def custom_data_stream():  # filling
    yield from ("first", "second")  # filling

def tool(tool_arg: str):
    writer = get_stream_writer()
    for chunk in custom_data_stream():
        # stream any arbitrary data
        # highlight-next-line
        writer(chunk)
    return "done"  # filling

def call_tools(state: MessagesState):  # filling
    return {"messages": [{"role": "ai", "content": tool("argument")}]}  # filling

inputs = {"messages": []}  # filling
graph = StateGraph(MessagesState).add_node(call_tools).add_edge(START, "call_tools").compile()  # filling

for chunk in graph.stream(
    inputs,
    # highlight-next-line
    stream_mode="custom"
):
    print(chunk)

# %% introduction, tokens
# filling: the lines marked so stand for the guide's dots, and for what it takes for granted
from langchain_core.messages import AIMessage, ToolMessage  # filling
from lgstream.graph import StateGraph, MessagesState
from langchain_openai import ChatOpenAI

model = ChatOpenAI()

def tool(tool_arg: str):
    model.invoke(tool_arg)
    return "done"  # filling

def get_tool_call(state: MessagesState):  # filling
    return state["messages"][-1].tool_calls[0]  # filling

def call_tools(state: MessagesState):
    tool_call = get_tool_call(state)
    tool_result = tool(**tool_call["args"])
    return {"messages": [ToolMessage(tool_result, tool_call_id=tool_call["id"])]}  # filling

inputs = {  # filling
    "messages": [AIMessage("", tool_calls=[{"name": "tool", "args": {"tool_arg": "Tell a joke"}, "id": "1"}])]  # filling
}  # filling
graph = (
    StateGraph(MessagesState)
    .add_node(call_tools)
    .add_edge(START, "call_tools")  # filling
    .compile()
)  # filling

for msg, metadata in graph.stream(
    inputs,
    # highlight-next-line
    stream_mode="messages"
):
    print(msg)

# %% setup
import getpass
import os


def _set_env(var: str):
    if not os.environ.get(var):
        os.environ[var] = getpass.getpass(f"{var}: ")


_set_env("OPENAI_API_KEY")

# %% define agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from lgstream.prebuilt import create_react_agent
from lgstream.config import get_stream_writer


@tool
async def get_items(place: str) -> str:
    """Use this tool to list items one might find in a place you're asked about."""
    # highlight-next-line
    writer = get_stream_writer()

    # this can be replaced with any actual streaming logic that you might have
    items = ["books", "penciles", "pictures"]
    for chunk in items:
        # highlight-next-line
        writer({"custom_tool_data": chunk})

    return ", ".join(items)


llm = ChatOpenAI(model_name="gpt-4o-mini")
tools = [get_items]
# contains `agent` (tool-calling LLM) and `tools` (tool executor) nodes
agent = create_react_agent(llm, tools=tools)

# %% custom data of a tool
inputs = {
    "messages": [  # noqa
        {"role": "user", "content": "what items are in the office?"}
    ]
}
async for chunk in agent.astream(
    inputs,
    # highlight-next-line
    stream_mode="custom",
):
    print(chunk)

# %% define agent whose tool calls the model
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig


@tool
async def get_items(
    place: str,
    # Manually accept config (needed for Python <= 3.10)
    # highlight-next-line
    config: RunnableConfig,
) -> str:
    """Use this tool to list items one might find in a place you're asked about."""
    # Attention: when using async, you should be invoking the LLM using ainvoke!
    # If you fail to do so, streaming will NOT work.
    response = await llm.ainvoke(
        [
            {
                "role": "user",
                "content": (
                    f"Can you tell me what kind of items i might find in the following place: '{place}'. "
                    "List at least 3 such items separating them by a comma. And include a brief description of each item."
                ),
            }
        ],
        # highlight-next-line
        config,
    )
    return response.content


tools = [get_items]
# contains `agent` (tool-calling LLM) and `tools` (tool executor) nodes
agent = create_react_agent(llm, tools=tools)

# %% tokens of a tool
inputs = {
    "messages": [  # noqa
        {"role": "user", "content": "what items are in the bedroom?"}
    ]
}
async for msg, metadata in agent.astream(
    inputs,
    # highlight-next-line
    stream_mode="messages",
):
    if (
        isinstance(msg, AIMessageChunk)
        and msg.content
        # Stream all messages from the tool node
        # highlight-next-line
        and metadata["langgraph_node"] == "tools"
    ):
        print(msg.content, end="|", flush=True)

# %% define graph without langchain
import operator
import json

from typing import TypedDict
from typing_extensions import Annotated
from lgstream.graph import StateGraph, START

from openai import AsyncOpenAI

openai_client = AsyncOpenAI()
model_name = "gpt-4o-mini"


async def stream_tokens(model_name: str, messages: list[dict]):
    response = await openai_client.chat.completions.create(
        messages=messages, model=model_name, stream=True
    )
    role = None
    async for chunk in response:
        delta = chunk.choices[0].delta

        if delta.role is not None:
            role = delta.role

        if delta.content:
            yield {"role": role, "content": delta.content}


# this is our tool
async def get_items(place: str) -> str:
    """Use this tool to list items one might find in a place you're asked about."""
    # highlight-next-line
    writer = get_stream_writer()
    response = ""
    async for msg_chunk in stream_tokens(
        model_name,
        [
            {
                "role": "user",
                "content": (
                    "Can you tell me what kind of items "
                    f"i might find in the following place: '{place}'. "
                    "List at least 3 such items separating them by a comma. "
                    "And include a brief description of each item."
                ),
            }
        ],
    ):
        response += msg_chunk["content"]
        # highlight-next-line
        writer(msg_chunk)

    return response


class State(TypedDict):
    messages: Annotated[list[dict], operator.add]


# this is the tool-calling graph node
async def call_tool(state: State):
    ai_message = state["messages"][-1]
    tool_call = ai_message["tool_calls"][-1]

    function_name = tool_call["function"]["name"]
    if function_name != "get_items":
        raise ValueError(f"Tool {function_name} not supported")

    function_arguments = tool_call["function"]["arguments"]
    arguments = json.loads(function_arguments)

    function_response = await get_items(**arguments)
    tool_message = {
        "tool_call_id": tool_call["id"],
        "role": "tool",
        "name": function_name,
        "content": function_response,
    }
    return {"messages": [tool_message]}


graph = (
    StateGraph(State)  # noqa
    .add_node(call_tool)
    .add_edge(START, "call_tool")
    .compile()
)

# %% custom data without langchain
inputs = {
    "messages": [
        {
            "content": None,
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "1",
                    "function": {
                        "arguments": '{"place":"bedroom"}',
                        "name": "get_items",
                    },
                    "type": "function",
                }
            ],
        }
    ]
}

async for chunk in graph.astream(
    inputs,
    # highlight-next-line
    stream_mode="custom",
):
    print(chunk["content"], end="|", flush=True)
