"""A real kernel, driven by the messages that a notebook sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

WAIT = 60
"""Seconds to wait for a message."""


@dataclass
class Cell:
    """An executed cell: its messages in order, and its output as a notebook would save it."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None

    def contents(self, kind: str) -> list[dict[str, Any]]:
        return [message["content"] for message in self.messages if message["header"]["msg_type"] == kind]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The mime bundles that remain: each display with its updates applied, then the result."""
        displays: dict[str, dict[str, Any]] = {}
        for message in self.messages:
            content = message["content"]
            if message["header"]["msg_type"] in ("display_data", "update_display_data"):
                displays[content["transient"].get("display_id", str(len(displays)))] = content["data"]
        return [*displays.values(), *(content["data"] for content in self.contents("execute_result"))]

    @property
    def text(self) -> str:
        return "".join(content["text"] for content in self.contents("stream"))

    def frames(self) -> list[dict[str, Any]]:
        """The frames that were sent to the front end."""
        contents = [content["data"].get("content") for content in self.contents("comm_msg")]
        return [content for content in contents if content and content["kind"] == "frame"]


class Kernel:
    def __init__(self, manager: Any, client: Any) -> None:
        self.manager = manager
        self.client = client

    def run(self, code: str) -> Cell:
        """Execute a cell and wait for its end."""
        return self.finish(self.start(code))

    def start(self, code: str) -> str:
        """Start to execute a cell and return its message id."""
        # Otherwise a kernel may refuse the next cell as long as it handles the error of this one.
        return str(self.client.execute(code, stop_on_error=False))

    def finish(self, cell_id: str, until: str | None = None, cell: Cell | None = None) -> Cell:
        """Collect the messages of the cell to its end, or ``until`` it prints this text."""
        cell = cell or Cell()
        while True:
            message = self.next_message(cell_id, cell)
            content = message["content"]
            if until is not None and until in cell.text:
                return cell
            if content.get("execution_state") == "idle" and message["parent_header"].get("msg_id") == cell_id:
                return cell

    def next_message(self, cell_id: str, cell: Cell) -> dict[str, Any]:
        """Collect one more message."""
        message: dict[str, Any] = self.client.get_iopub_msg(timeout=WAIT)
        if message["parent_header"].get("msg_id") == cell_id or message["header"]["msg_type"].startswith("comm"):
            cell.messages.append(message)
        if message["header"]["msg_type"] == "error":
            cell.error = message["content"]["ename"]
        return message

    def interrupt(self) -> None:
        """Interrupt the kernel, as the Stop button of the notebook does."""
        self.manager.interrupt_kernel()

    def send(self, comm_id: str, content: Any) -> None:
        """Send a custom message of the front end to a widget."""
        data = {"method": "custom", "content": content}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data}))


PRELUDE = """
import operator, time, asyncio
from typing import Annotated, TypedDict
from lgstream.graph import END, START, StateGraph
from lgstream.notebook import awatch, watch

class State(TypedDict):
    log: Annotated[list, operator.add]

def graph(*nodes):
    builder = StateGraph(State)
    for node in nodes:
        builder.add_node(node)
    for one, two in zip([START, *(n.__name__ for n in nodes)], [*(n.__name__ for n in nodes), END]):
        builder.add_edge(one, two)
    return builder.compile(name="joke")

def write(state, writer):
    writer("a note")
    return {"log": ["written"]}
"""


@pytest.fixture(scope="session")
def kernel() -> Iterator[Kernel]:
    """A kernel with graphs to run."""
    manager, client = start_new_kernel(startup_timeout=WAIT)
    try:
        kernel = Kernel(manager, client)
        prelude = kernel.run(PRELUDE)
        assert prelude.error is None, prelude.messages
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
