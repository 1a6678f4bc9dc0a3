"""No output of a run contains a secret that looks like one, in whatever place the program has it."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer as langgraph_writer
from langgraph.graph import START as LANGGRAPH_START
from langgraph.graph import StateGraph as LangGraph
from langgraph.prebuilt import ToolNode as LangGraphToolNode
from langgraph.types import interrupt as langgraph_interrupt

from lgstream.config import get_stream_writer
from lgstream.events import Event
from lgstream.graph import START, StateGraph
from lgstream.notebook import Run, watch
from lgstream.prebuilt import ToolNode
from lgstream.sinks import Collect, Console, Jsonl, Redacted, Sink
from lgstream.types import interrupt
from lgstream.widgets import TokenStream
from tests.redaction import planted


class Outputs:
    """One run, and everything that was written, printed, sent and shown of it, by name."""

    def __init__(self, graph: Any, directory: Path, redact: Any = "default") -> None:
        planted.SECRETS.clear()
        stdout = io.StringIO()
        with contextlib.redirect_stdout(stdout):
            self._run(graph, directory, redact)
        self.texts["stdout"] = stdout.getvalue()
        self.secrets = tuple(planted.SECRETS)

    def _run(self, graph: Any, directory: Path, redact: Any) -> None:
        terminal, stream, collect = io.StringIO(), io.StringIO(), Collect()
        sent: list[Event] = []
        panel = TokenStream(redact=redact)
        frames: list[Any] = []
        panel.send = lambda content, buffers=None: frames.append(content)
        panel._transport._send = panel.send
        plain, packed = directory / "run.jsonl", directory / "run.jsonl.gz"
        sinks: list[Sink] = [
            Jsonl(plain),
            Jsonl(packed),
            Jsonl(stream),
            Console(terminal),
            Redacted(sent.append),
            collect,
            panel,
        ]
        config: Any = planted.run_config()
        self.run: Run = watch(graph, planted.run_input(), config, sinks=sinks, redact=redact)
        self.events = collect.events
        self.texts = {"interrupted": str(self.run), "repr": repr(self.run)}
        self.texts |= {f"question {name}": _text(data) for name, data in self.run.mime_bundle().items()}
        with pytest.raises(ValueError, match="waits for an answer") as asked:
            self.run.resume()
        with pytest.raises(PermissionError):
            self.run.resume(planted.answer())
        while not panel.ops_final:
            panel._finished.wait(0.01)
        self.texts |= {name: _text(data) for name, data in self.run.mime_bundle().items()}
        self.texts |= {
            "jsonl": plain.read_text("utf-8"), "gz": gzip.decompress(packed.read_bytes()).decode(),
            "text file": stream.getvalue(), "console": terminal.getvalue(),
            "sent": "\n".join(map(repr, sent)), "frames": json.dumps(frames), "widget": panel.ops_final,
            "widget text": panel.text(), "error message": str(asked.value),
            "operations": json.dumps(self.run.operations),
            "widget of the run": self.run.widget().ops_final,
        }  # fmt: skip


def _text(data: Any) -> str:
    return data if isinstance(data, str) else json.dumps(data)


def own_graph() -> Any:
    builder = StateGraph(planted.State)
    return planted.build_graph(builder, START, interrupt, get_stream_writer, InMemorySaver(), ToolNode)


def langgraph_graph() -> Any:
    builder = LangGraph(planted.State)
    saver = InMemorySaver()
    return planted.build_graph(
        builder, LANGGRAPH_START, langgraph_interrupt, langgraph_writer, saver, LangGraphToolNode
    )


@pytest.fixture(params=[own_graph, langgraph_graph], scope="module")
def graph(request: Any) -> Any:
    return request.param()


@pytest.fixture(scope="module")
def outputs(graph: Any, tmp_path_factory: Any) -> Outputs:
    return Outputs(graph, tmp_path_factory.mktemp("outputs"))


def found(outputs: Outputs, name: str) -> list[str]:
    """The secrets in an output."""
    return sorted({secret for secret in outputs.secrets if secret in outputs.texts[name]})


def test_no_output_of_a_run_contains_a_planted_secret(outputs: Outputs):
    assert len(outputs.secrets) > 90
    assert {name: secrets for name in outputs.texts if (secrets := found(outputs, name))} == {}


def test_every_output_shows_the_rest_of_the_run(outputs: Outputs):
    for name in ("jsonl", "gz", "text file", "console", "text/html", "text/markdown", "sent", "frames", "widget"):
        assert "hunt" in outputs.texts[name], name
        assert "redacted" in outputs.texts[name], name
    assert '"max_tokens":512' in outputs.texts["jsonl"]


def test_the_run_itself_keeps_its_values(outputs: Outputs):
    values = repr([event for event in outputs.events if type(event).__name__ in ("Values", "RunStarted")])
    assert "planted-state-9f3" in values and "planted-configurable-9f3" in repr(outputs.run.session)
    assert "planted-error-url-9f3" in str(outputs.run.error)


def test_without_redaction_every_output_has_the_secrets(graph: Any, tmp_path: Path):
    outputs = Outputs(graph, tmp_path, redact=None)
    for name in ("jsonl", "gz", "text file", "console", "text/html", "sent", "frames", "widget", "error message"):
        assert found(outputs, name), name
