"""A run with secrets in every place that a program has for them."""

from __future__ import annotations

import dataclasses
import operator
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple

import attrs
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.load.serializable import Serializable
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from pydantic import BaseModel, Field, SecretStr
from typing_extensions import TypedDict

PLANTED = "planted"
"""Part of every secret."""

SECRETS: list[str] = []
"""Every secret that was planted."""


def secret(place: str) -> str:
    """Return a secret that names its place."""
    SECRETS.append(text := f"{PLANTED}-{place}-9f3")
    return text


@dataclasses.dataclass
class Account:
    user: str
    card: str = dataclasses.field(repr=False)
    api_key: str = ""


@attrs.define
class Connection:
    host: str
    phrase: str = attrs.field(repr=False)
    password: str = ""


class Settings(BaseModel):
    model: str = "gpt"
    phrase: str = Field(default="", repr=False)
    masked: SecretStr = SecretStr("")
    client_secret: str = ""


class Service(Serializable):
    url: str
    login: str

    @property
    def lc_secrets(self) -> dict[str, str]:
        return {"login": "SERVICE_LOGIN"}


class Login(NamedTuple):
    user: str
    password: str


class Client:
    def __init__(self, api_key: str) -> None:
        self.api_key = api_key

    def __repr__(self) -> str:
        return f"Client(api_key={self.api_key!r})"


def structures(place: str) -> dict[str, Any]:
    """Return values of all kinds with secrets."""
    return saved_structures(place) | {
        "namespace": SimpleNamespace(access_token=secret(f"{place}-namespace")),
        "connection": Connection("db", secret(f"{place}-attrs-repr"), secret(f"{place}-attrs")),
        "service": Service(url="https://example.org", login=secret(f"{place}-lc_secrets")),
        "client": Client(secret(f"{place}-repr")),
    }


def saved_structures(place: str) -> dict[str, Any]:
    """Return values with secrets of the kinds that a saver saves."""
    return {
        "api_key": secret(f"{place}-api_key"),
        "OPENAI_API_KEY": secret(f"{place}-env"),
        "credentials": {"user": "ada", "value": secret(f"{place}-credentials")},
        "nested": {"deep": [{"clientSecret": secret(f"{place}-nested")}]},
        "headers": [("Authorization", secret(f"{place}-pair")), ["set-cookie", secret(f"{place}-list-pair")]],
        "raw_headers": [(b"x-api-key", secret(f"{place}-bytes-pair"))],
        "ordered": OrderedDict(password=secret(f"{place}-ordered")),
        "account": Account("ada", secret(f"{place}-dataclass-repr"), secret(f"{place}-dataclass")),
        "settings": Settings(
            phrase=secret(f"{place}-pydantic-repr"),
            masked=SecretStr(secret(f"{place}-masked")),
            client_secret=secret(f"{place}-pydantic"),
        ),
        "login": Login("ada", secret(f"{place}-namedtuple")),
        "url": f"postgresql://ada:{secret(f'{place}-url')}@db/owls",
        "query": f"https://example.org/owls?api_key={secret(f'{place}-query')}&page=2",
        "text": f"curl -H 'Authorization: Bearer {secret(f'{place}-bearer')}' https://example.org",
        "json": '{"args": "{\\"password\\": \\"' + secret(f"{place}-json") + '\\"}"}',
        "max_tokens": 512,
    }


@tool
def lookup(query: str, api_key: str) -> str:
    """Look something up."""
    return f"https://example.org/?token=1&access_token={secret('tool-result')}"


class Model(BaseChatModel):
    """Streams an answer, or calls a tool, with secrets in its parameters and its metadata."""

    extra_headers: dict[str, str] = Field(default_factory=dict)
    calls_tool: bool = False

    @property
    def _llm_type(self) -> str:
        return "planted"  # not a secret, and replaced in what is searched

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": "owl-1", "api_key": secret("parameters"), "extra_headers": self.extra_headers}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return {"ls_provider": "owls", "ls_model_name": "owl-1", "ls_model_type": "chat"}

    def _message(self) -> AIMessage:
        calls = [{"name": "lookup", "args": {"query": "owls", "api_key": secret("tool-args")}, "id": "c1"}]
        metadata = {"headers": {"set-cookie": secret("set-cookie"), "authorization": secret("authorization")}}
        extra = {"function_call": {"arguments": '{"api_key": "' + secret("kwargs") + '"}'}}
        return AIMessage(
            "Owls hunt at night.",
            tool_calls=calls if self.calls_tool else [],
            response_metadata=metadata,
            additional_kwargs=extra if self.calls_tool else {},
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._message())])


class StreamingModel(Model):
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        whole = self._message()
        for word in str(whole.content).split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
        last = AIMessageChunk(content="", response_metadata=whole.response_metadata)
        yield ChatGenerationChunk(message=last)


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], operator.add]
    log: Annotated[list[Any], operator.add]
    database_password: str
    account: Any
    answer: Any


def build_graph(builder: Any, start: str, interrupt: Any, writer: Any, saver: Any, tools: Any) -> Any:
    """Return a graph of lgstream or langgraph that plants secrets, asks a question, and fails after the answer."""

    def model(state: State) -> State:
        StreamingModel(extra_headers={"Authorization": secret("extra_headers")}).invoke(state["messages"])
        answer = Model(calls_tool=True).invoke([HumanMessage(f"Bearer {secret('prompt')}")])
        return {"messages": [answer]}

    def write(state: State) -> State:
        writer()(structures("custom"))
        writer()(f"password={secret('custom-text')}")
        return {
            "log": [saved_structures("update")],
            "account": Account("ada", secret("state-card"), secret("state-key")),
        }

    def ask(state: State) -> State:
        return {"answer": interrupt(saved_structures("interrupt") | {"account": None})}

    def fail(state: State) -> State:
        error = PermissionError(f"GET https://ada:{secret('error-url')}@example.org failed", saved_structures("error"))
        error.add_note(f"api_key={secret('note')}")
        raise error

    nodes = {"model": model, "tools": tools([lookup]), "write": write, "ask": ask, "fail": fail}
    names = [start, *nodes]
    for name, node in nodes.items():
        builder.add_node(name, node, metadata={"node_secret": secret("node-metadata")})
    for before, after in pairwise(names):
        builder.add_edge(before, after)
    return builder.compile(checkpointer=saver, name="plants")


def run_input() -> dict[str, Any]:
    """Return the input of the graph."""
    messages: Sequence[Any] = [
        HumanMessage("What do owls eat?"),
        ToolMessage(f"token=x Bearer {secret('in')}", tool_call_id="c0"),
    ]
    return {"messages": list(messages), "log": [saved_structures("input")], "database_password": secret("state")}


def run_config() -> dict[str, Any]:
    """Return the config of the run."""
    return {
        "configurable": {"thread_id": "1", "openai_api_key": secret("configurable"), "auth": {"pw": secret("auth")}},
        "metadata": {
            "langsmith_api_key": secret("metadata"),
            "owner": "ada",
            "refresh_token": secret("metadata-token"),
        },
    }


def answer() -> dict[str, Any]:
    """Return the answer to the question."""
    return {"approved": True, "password": secret("answer")}
