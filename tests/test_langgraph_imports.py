"""LangGraph's imports with another first word: they work, give the same savers and stores, or say what to use."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
import warnings
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict

import langgraph
import pytest
from langchain_core.runnables import Runnable, RunnableConfig

from lgstream._unsupported import ALTERNATIVES
from lgstream.func import entrypoint
from lgstream.graph import START, StateGraph
from lgstream.pregel import Pregel
from lgstream.types import StreamWriter
from lgstream.utils.config import patch_configurable
from lgstream.utils.runnable import RunnableCallable
from lgstream.warnings import LgstreamDeprecationWarning

LINES = """
import lgstream
import lgstream.graph
import lgstream.checkpoint.memory
import lgstream.prebuilt as prebuilt
from lgstream import graph, types
from lgstream.cache.base import BaseCache
from lgstream.cache.memory import InMemoryCache
from lgstream.cache.sqlite import SqliteCache
from lgstream.channels import BinaryOperatorAggregate, EphemeralValue, LastValue, Topic
from lgstream.channels.base import BaseChannel
from lgstream.channels.binop import BinaryOperatorAggregate
from lgstream.channels.last_value import LastValue
from lgstream.channels.topic import Topic
from lgstream.channels.untracked_value import UntrackedValue
from lgstream.checkpoint.base import BaseCheckpointSaver
from lgstream.checkpoint.base import Checkpoint, CheckpointMetadata, CheckpointTuple, ChannelVersions
from lgstream.checkpoint.base import WRITES_IDX_MAP, copy_checkpoint, empty_checkpoint, get_checkpoint_id
from lgstream.checkpoint.base.id import uuid6
from lgstream.checkpoint.memory import InMemorySaver
from lgstream.checkpoint.memory import MemorySaver
from lgstream.checkpoint.memory import MemorySaver, InMemorySaver
from lgstream.checkpoint.postgres import PostgresSaver
from lgstream.checkpoint.postgres.aio import AsyncPostgresSaver
from lgstream.checkpoint.serde.base import SerializerProtocol
from lgstream.checkpoint.serde.encrypted import EncryptedSerializer
from lgstream.checkpoint.serde.jsonplus import JsonPlusSerializer
from lgstream.checkpoint.serde.types import TASKS, ChannelProtocol
from lgstream.checkpoint.sqlite import SqliteSaver
from lgstream.checkpoint.sqlite.aio import AsyncSqliteSaver
from lgstream.config import get_config
from lgstream.config import get_store
from lgstream.config import get_stream_writer
from lgstream.constants import END, START
from lgstream.constants import Send
from lgstream.constants import Interrupt
from lgstream.constants import START, END, Send
from lgstream.constants import TAG_HIDDEN, TAG_NOSTREAM
from lgstream.errors import EmptyChannelError, EmptyInputError, InvalidUpdateError
from lgstream.errors import GraphBubbleUp
from lgstream.errors import GraphInterrupt
from lgstream.errors import GraphRecursionError
from lgstream.errors import InvalidUpdateError
from lgstream.errors import NodeInterrupt
from lgstream.errors import ParentCommand
from lgstream.func import entrypoint
from lgstream.func import entrypoint, task
from lgstream.graph import END, MessagesState, START, StateGraph
from lgstream.graph import END, StateGraph
from lgstream.graph import MessageGraph
from lgstream.graph import MessagesState
from lgstream.graph import StateGraph, START, END
from lgstream.graph import StateGraph, START, END, add_messages
from lgstream.graph import add_messages
from lgstream.graph.message import REMOVE_ALL_MESSAGES
from lgstream.graph.message import AnyMessage, add_messages
from lgstream.graph.message import MessagesState
from lgstream.graph.message import add_messages
from lgstream.graph.message import push_message
from lgstream.graph.state import CompiledStateGraph
from lgstream.graph.state import StateGraph
from lgstream.graph.state import CompiledStateGraph, StateGraph
from lgstream.managed import IsLastStep
from lgstream.managed import IsLastStep, RemainingSteps
from lgstream.managed.is_last_step import IsLastStep
from lgstream.managed.is_last_step import RemainingSteps
from lgstream.prebuilt import InjectedState
from lgstream.prebuilt import InjectedState, ToolNode
from lgstream.prebuilt import InjectedStore
from lgstream.prebuilt import ToolNode
from lgstream.prebuilt import ToolNode, tools_condition
from lgstream.prebuilt import ToolRuntime
from lgstream.prebuilt import ValidationNode
from lgstream.prebuilt import create_react_agent
from lgstream.prebuilt import create_react_agent, InjectedState
from lgstream.prebuilt import tools_condition
from lgstream.prebuilt.chat_agent_executor import AgentState
from lgstream.prebuilt.chat_agent_executor import create_react_agent
from lgstream.prebuilt.chat_agent_executor import create_tool_calling_executor
from lgstream.prebuilt.interrupt import ActionRequest, HumanInterrupt, HumanInterruptConfig
from lgstream.prebuilt.interrupt import HumanInterrupt, HumanResponse
from lgstream.prebuilt.tool_node import InjectedState, InjectedStore
from lgstream.prebuilt.tool_node import ToolCallRequest, ToolNode
from lgstream.prebuilt.tool_node import ToolNode
from lgstream.pregel import Pregel
from lgstream.pregel.main import Pregel
from lgstream.pregel.protocol import PregelProtocol
from lgstream.pregel.types import RetryPolicy, StateSnapshot
from lgstream.runtime import Runtime
from lgstream.runtime import Runtime, get_runtime
from lgstream.runtime import get_runtime
from lgstream.store.base import BaseStore
from lgstream.store.base import BaseStore, Item, SearchItem
from lgstream.store.base import GetOp, ListNamespacesOp, Op, PutOp, SearchOp
from lgstream.store.base import IndexConfig
from lgstream.store.base.batch import AsyncBatchedBaseStore
from lgstream.store.base.embed import ensure_embeddings
from lgstream.store.memory import InMemoryStore
from lgstream.store.postgres import PostgresStore
from lgstream.store.postgres.aio import AsyncPostgresStore
from lgstream.store.postgres.base import PostgresStore
from lgstream.store.sqlite import SqliteStore
from lgstream.store.sqlite.aio import AsyncSqliteStore
from lgstream.types import CachePolicy
from lgstream.types import Checkpointer, StreamMode
from lgstream.types import Command
from lgstream.types import Command, Send
from lgstream.types import Command, interrupt
from lgstream.types import Durability
from lgstream.types import Interrupt
from lgstream.types import Interrupt, StateSnapshot
from lgstream.types import Overwrite
from lgstream.types import PregelTask
from lgstream.types import RetryPolicy
from lgstream.types import RetryPolicy, CachePolicy, default_retry_on
from lgstream.types import Send
from lgstream.types import StreamWriter
from lgstream.types import interrupt
from lgstream.types import interrupt, Command
from lgstream.types import *
from lgstream.typing import ContextT, InputT, OutputT, StateT
from lgstream.utils.config import ensure_config, get_config, patch_configurable
from lgstream.utils.config import get_store
from lgstream.utils.runnable import RunnableCallable
from lgstream.utils.runnable import RunnableCallable, RunnableLike
from lgstream.warnings import LangGraphDeprecatedSinceV05, LangGraphDeprecatedSinceV10, LangGraphDeprecationWarning
""".strip().splitlines()
"""Imports that tutorials, courses and how-to guides of LangGraph contain, with ``lgstream`` as the first word."""

NOT_INSTALLED = """
from lgstream.checkpoint.mongodb import MongoDBSaver
from lgstream.checkpoint.mongodb.aio import AsyncMongoDBSaver
from lgstream.checkpoint.redis import RedisSaver
from lgstream.checkpoint.redis.aio import AsyncRedisSaver
from lgstream.store.mongodb import MongoDBStore
from lgstream.store.redis import RedisStore
from lgstream.store.redis.aio import AsyncRedisStore
""".strip().splitlines()
"""Imports that need packages which the tests do not install."""

PACKAGES = ("langgraph-checkpoint", "langgraph-checkpoint-sqlite", "langgraph-checkpoint-postgres")

UNSUPPORTED = [(module, name) for module, names in ALTERNATIVES.items() for name in names]

FOR_LANGGRAPH_ITSELF = {
    "lgstream.callbacks": {"get_async_graph_callback_manager_for_config", "get_sync_graph_callback_manager_for_config"},
    "lgstream.constants": {"CONF", "CONFIG_KEY_CHECKPOINTER", "TASKS"},
    "lgstream.errors": {"UnknownInterruptError"},
    "lgstream.managed.base": {"ManagedValueMapping", "ManagedValueSpec"},
    "lgstream.managed.is_last_step": {"RemainingStepsManager"},
    "lgstream.pregel.protocol": {"StreamProtocol"},
    "lgstream.runtime": {"BaseUser"},
    "lgstream.types": {"ensure_valid_checkpointer"},
}
"""Names that only LangGraph's own packages import, and an error that no run of lgstream raises."""

WITHOUT_COUNTERPART = {"stream.run_stream", "stream.stream_channel", "stream.transformers", "version", "warnings"}
"""Modules of langgraph without one in lgstream, or with other contents."""


def modules_of_packages() -> list[str]:
    """The public modules of langgraph-checkpoint and of the packages with savers and stores, without ``langgraph.``."""
    files = [Path(str(file)) for package in PACKAGES for file in metadata.files(package) or ()]
    names = {
        ".".join(file.with_suffix("").parts).removesuffix(".__init__").removeprefix("langgraph.")
        for file in files
        if file.suffix == ".py" and file.parts[0] == "langgraph"
    }
    return sorted(name for name in names if "._" not in name)


def modules_of_langgraph() -> list[str]:
    names = [
        module.name.removeprefix("langgraph.") for module in pkgutil.walk_packages(langgraph.__path__, "langgraph.")
    ]
    own = [
        name for name in names if not name.startswith(("checkpoint.", "store.", "cache.")) and "._" not in f".{name}"
    ]
    return [name for name in own if name not in WITHOUT_COUNTERPART]


def public_names(module: ModuleType) -> list[str]:
    """The names in ``__all__`` and the module's public classes and functions; all names if it has no ``__all__``."""
    exported = getattr(module, "__all__", None)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
        if exported is None or name in exported or getattr(value, "__module__", None) == module.__name__
    ]


# imports that work --------------------------------------------------------------------------------------------


def test_the_table_holds_each_line_once() -> None:
    assert len(LINES) == len(set(LINES))


@pytest.mark.filterwarnings("ignore::lgstream.warnings.LgstreamDeprecationWarning")
@pytest.mark.parametrize("line", LINES)
def test_an_import_line_of_a_notebook_works(line: str) -> None:
    exec(line, {})


def test_all_lines_work_in_one_fresh_process_without_the_package_langgraph() -> None:
    program = "\n".join([*LINES, "import sys", "print([name for name in sys.modules if name == 'langgraph.pregel'])"])
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (process.stdout, process.returncode) == ("[]\n", 0), process.stderr


@pytest.mark.parametrize("line", NOT_INSTALLED)
def test_a_saver_that_is_not_installed_is_named_by_the_error(line: str) -> None:
    module = line.split()[1].replace("lgstream.", "langgraph.", 1)
    try:
        import_module(module)
    except ModuleNotFoundError:
        with pytest.raises(ModuleNotFoundError, match=r"No module named 'langgraph\.") as raised:
            exec(line, {})
        assert module.startswith(str(raised.value.name))
    else:
        exec(line, {})


@pytest.mark.parametrize("name", modules_of_packages())
def test_savers_stores_and_caches_are_the_very_objects_of_their_packages(name: str) -> None:
    original = import_module(f"langgraph.{name}")
    exported = import_module(f"lgstream.{name}")
    assert [public for public in public_names(original) if vars(exported)[public] is not vars(original)[public]] == []


def test_an_in_memory_saver_is_one_class_on_either_path() -> None:
    import langgraph.checkpoint.memory
    import langgraph.store.memory

    import lgstream.checkpoint.memory
    import lgstream.store.memory

    assert lgstream.checkpoint.memory.InMemorySaver is langgraph.checkpoint.memory.InMemorySaver
    assert lgstream.store.memory.InMemoryStore is langgraph.store.memory.InMemoryStore


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", modules_of_langgraph())
def test_a_public_name_of_langgraph_exists_or_the_error_says_what_to_use(name: str) -> None:
    original = import_module(f"langgraph.{name}")
    for public in getattr(original, "__all__", ()):
        if public in FOR_LANGGRAPH_ITSELF.get(f"lgstream.{name}", ()):
            continue
        if public in ALTERNATIVES.get(f"lgstream.{name}", ()):
            with pytest.raises(ImportError, match=f"^lgstream has no {public}: "):
                exec(f"from lgstream.{name} import {public}", {})
        else:
            exec(f"from lgstream.{name} import {public}", {})


def test_send_and_interrupt_in_constants_are_those_of_types_and_warn() -> None:
    from lgstream import types

    for name in ("Send", "Interrupt"):
        namespace: dict[str, Any] = {}
        with pytest.warns(LgstreamDeprecationWarning, match=f"Import {name} from lgstream.types"):
            exec(f"from lgstream.constants import {name}", namespace)
        assert namespace[name] is getattr(types, name)


# names that are left out --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "name"), UNSUPPORTED)
def test_the_import_of_a_name_that_is_left_out_says_what_to_use(module: str, name: str) -> None:
    with pytest.raises(ImportError, match=f"^lgstream has no {name}: (use|call|catch) ") as raised:
        exec(f"from {module} import {name}", {})
    assert raised.value.name == module


@pytest.mark.parametrize(("module", "name"), UNSUPPORTED)
def test_a_name_that_is_left_out_is_no_attribute(module: str, name: str) -> None:
    assert not hasattr(import_module(module), name)
    assert getattr(import_module(module), name, None) is None


def test_the_import_error_says_what_to_use_in_a_module_with_many_names() -> None:
    names = "\n".join(f"name{index} = 0" for index in range(300))  # the index of the imported name needs two bytes
    with pytest.raises(ImportError, match=r"^lgstream has no TracePolicy: "):
        exec(f"{names}\nfrom lgstream.types import TracePolicy", {})


@pytest.mark.parametrize("module", sorted({*ALTERNATIVES, "lgstream.constants"}))
def test_a_name_that_never_existed_has_pythons_own_error(module: str) -> None:
    assert not hasattr(import_module(module), "no_such_name")
    with pytest.raises(ImportError, match=r"^cannot import name 'no_such_name' from "):
        exec(f"from {module} import no_such_name", {})


# what the paths lead to ---------------------------------------------------------------------------------------


class State(TypedDict, total=False):
    n: int


def test_pregel_is_the_class_of_graphs_and_entrypoints() -> None:
    @entrypoint()
    def double(n: int) -> int:
        return n * 2

    graph = StateGraph(State).add_node("a", lambda state: state).add_edge(START, "a").compile()
    assert isinstance(graph, Pregel)
    assert isinstance(double, Pregel)


def test_patch_configurable_changes_a_copy() -> None:
    config: RunnableConfig = {"tags": ["a"], "configurable": {"thread_id": "1", "user": "x"}}
    assert patch_configurable(config, {"user": "y"}) == {
        "tags": ["a"],
        "configurable": {"thread_id": "1", "user": "y"},
    }
    assert config["configurable"] == {"thread_id": "1", "user": "x"}
    assert patch_configurable(None, {"user": "y"}) == {"configurable": {"user": "y"}}


def call(state: State, config: RunnableConfig, writer: StreamWriter) -> State:
    writer(("sync", config["configurable"]["user"]))
    return {"n": state["n"] + 1}


async def acall(state: State, config: RunnableConfig, writer: StreamWriter) -> State:
    writer(("async", config["configurable"]["user"]))
    return {"n": state["n"] + 10}


CONFIG: RunnableConfig = {"configurable": {"user": "x"}}


async def test_a_runnable_callable_is_a_node_with_a_sync_and_an_async_function() -> None:
    node = RunnableCallable(call, acall, name="count")
    assert node.get_name() == "count"
    graph = StateGraph(State).add_node(node).add_edge(START, "count").compile()
    modes: list[Any] = ["custom", "values"]
    chunks = list(graph.stream({"n": 0}, CONFIG, stream_mode=modes))
    assert chunks[1:] == [("custom", ("sync", "x")), ("values", {"n": 1})]
    chunks = [chunk async for chunk in graph.astream({"n": 0}, CONFIG, stream_mode=modes)]
    assert chunks[1:] == [("custom", ("async", "x")), ("values", {"n": 10})]


async def test_a_runnable_callable_works_with_one_function_and_outside_of_a_run() -> None:
    assert RunnableCallable(call).invoke({"n": 0}, CONFIG) == {"n": 1}
    assert await RunnableCallable(call).ainvoke({"n": 0}, CONFIG) == {"n": 1}
    assert RunnableCallable(None, acall).invoke({"n": 0}, CONFIG) == {"n": 10}
    with pytest.raises(ValueError, match="needs a function"):
        RunnableCallable(None)


async def test_a_runnable_callable_invokes_the_runnable_that_its_function_returns() -> None:
    inner = RunnableCallable(call)
    outer = RunnableCallable(lambda state: inner)
    assert outer.invoke({"n": 0}, CONFIG) == {"n": 1}
    assert await outer.ainvoke({"n": 0}, CONFIG) == {"n": 1}
    assert isinstance(RunnableCallable(lambda state: inner, recurse=False).invoke({}), Runnable)


def test_no_import_line_warns_but_those_of_constants() -> None:
    for line in LINES:
        with warnings.catch_warnings():
            warnings.simplefilter("error", LgstreamDeprecationWarning)
            if line.startswith("from lgstream.constants") and ("Send" in line or "Interrupt" in line):
                continue
            exec(line, {})
