"""A sink that prints a run as text while it is in progress: for a terminal, a log or a plain cell."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, ClassVar, TextIO

from lgstream._reserved import UNNAMED_GRAPH
from lgstream.events import (
    CallFinished,
    CallStarted,
    Custom,
    Event,
    GraphStarted,
    Interrupted,
    Message,
    Namespace,
    RunFinished,
    RunStarted,
    Shape,
    TaskFinished,
    TaskStarted,
    Token,
    Update,
)
from lgstream.inspection.description import error_line
from lgstream.inspection.fields import declared_fields, read_fields
from lgstream.inspection.json_preview import json_line
from lgstream.inspection.messages import dicts_in, message_text, message_type
from lgstream.inspection.text import CONTROL_CHARACTERS, plain_text, redact_start
from lgstream.redaction import RedactOption, Redactor, current_redactor, redactor_source, using_redactor
from lgstream.sinks.text_file import checked_text_file

MAX_VALUE_CHARS = 300
"""Characters shown of an update or a custom write."""

_STATUS_SYMBOLS = {"done": "✓", "failed": "✗", "stopped": "■", "interrupted": "?"}


class Console:
    """A sink that prints tokens as they arrive, and a line for each update, custom write, interrupt and error.

    Nodes are shown by name (``research › write``), the second of parallel tasks of one node as ``worker #2``, and
    graphs that a task calls by theirs (``tools › zoologist › write``). While several runs are in progress, the lines of
    each begin with its number (``[2]``). Output to a terminal is coloured if ``rich`` is installed.

    Args:
        file: where to write; None means the value of ``sys.stdout`` at each write.
        redact: hides secrets, see :mod:`lgstream.redaction`; None to print all.

    Raises:
        TypeError: if ``file`` is not a text file open for writing, or ``redact`` is not a function.

    Example:
        >>> graph.invoke({"topic": "owls"}, sinks=[Console()])
    """

    wants = frozenset(
        {RunStarted, GraphStarted, TaskStarted, CallStarted, Token, Message, CallFinished, Custom, Update, TaskFinished,
         Interrupted, RunFinished}
    )  # fmt: skip

    def __init__(self, file: TextIO | None = None, *, redact: RedactOption = "default") -> None:
        if file is not None:
            checked_text_file(file, "Console takes")
        self._output = _Output(_styled_printer(file), redactor_source(redact))
        self._runs: dict[str, _RunPrinter] = {}  # in progress, by id
        self._last_run = _RunPrinter(self._output, 0)  # events of older recordings do not name their run
        self._lock = Lock()

    def __call__(self, event: Event) -> None:
        """Print ``event``."""
        with self._lock:
            if isinstance(event, RunStarted):
                self._last_run = self._runs[event.run_id] = _RunPrinter(self._output, self._last_run.number + 1)
                if len(self._runs) > 1:
                    for run in self._runs.values():
                        run.is_numbered = True
            self._runs.get(event.run_id, self._last_run).show(event)
            if isinstance(event, RunFinished):
                self._runs.pop(event.run_id, None)


@dataclass
class _Output:
    """What the runs of a console share.

    Attributes:
        write: prints ``(text, style)``.
        redactor: returns what hides secrets; None to print all.
        open_call_id: the call whose text the current line contains.
    """

    write: Callable[[str, str], None]
    redactor: Callable[[], Redactor | None]
    open_call_id: str = ""


class _RunPrinter:
    """Prints one run.

    Args:
        output: where to print.
        number: the number of the run.

    Attributes:
        is_numbered: True if its lines begin with its number.
    """

    def __init__(self, output: _Output, number: int) -> None:
        self.number = number
        self.is_numbered = False
        self._output = output
        self._start_time = 0.0
        self._models: dict[str, str] = {}  # by call id
        self._task_names: dict[str, str] = {}  # by task id
        self._graph_names: dict[Namespace, str] = {}  # of called graphs
        self._node_graphs: set[tuple[str, str]] = set()  # the names of nodes that are graphs, and of these graphs
        self._task_counts: dict[tuple[Namespace, int, str], int] = {}  # by namespace, step and node
        self._shown_interrupts: set[str] = set()  # their ids

    def show(self, event: Event) -> None:
        """Print ``event``."""
        if (handler := self._HANDLERS.get(type(event))) is not None:
            with using_redactor(self._output.redactor()):
                handler(self, event)

    def _on_run_started(self, event: RunStarted) -> None:
        self._start_time = event.time
        self._node_graphs = set(_node_graphs(event.shape))
        self._write_line(f"▶ {event.graph}", "bold")

    def _on_graph_started(self, event: GraphStarted) -> None:
        is_node = (event.node, event.graph) in self._node_graphs
        if not is_node and event.graph not in (UNNAMED_GRAPH, event.node):
            self._graph_names[event.ns] = event.graph

    def _on_task_started(self, event: TaskStarted) -> None:
        key = (event.ns, event.step, event.node)
        self._task_counts[key] = number = self._task_counts.get(key, 0) + 1
        self._task_names[event.task_id] = event.node if number == 1 else f"{event.node} #{number}"

    def _on_call_started(self, event: CallStarted) -> None:
        self._models[event.call_id] = event.model

    def _on_token(self, event: Token) -> None:
        parts = [message_text(event.message)]
        for chunk in dicts_in(event.message, "tool_call_chunks"):
            name = plain_text(chunk.get("name"))
            parts.append(f"\n→ {name} " if name else "")
            parts.append(plain_text(chunk.get("args")) or "")
        text = "".join(parts)
        if text:
            is_continued = self._output.open_call_id == event.call_id
            self._open_call(event)
            self._write(text if is_continued else text.removeprefix("\n"))

    def _on_message(self, event: Message) -> None:
        if not event.call_id:  # the output of a node: the line of its update shows it
            return
        self._open_call(event)
        self._write("\n".join(filter(None, (message_text(event.message), *_tool_calls(event.message)))))

    def _on_call_finished(self, event: CallFinished) -> None:
        if event.error is not None:
            self._write_line(f"✗ {self._node_path(event)}: {error_line(event.error, ' ')}", "red")
        elif self._output.open_call_id == event.call_id:
            self._close_call()
        self._models.pop(event.call_id, None)

    def _on_custom(self, event: Custom) -> None:
        self._write_line(f"· {self._node_path(event)}: {_format_value(event.data)}", "cyan")

    def _on_update(self, event: Update) -> None:
        self._write_line(f"✓ {self._node_path(event)} {_format_value(event.data)}", "green")

    def _on_task_finished(self, event: TaskFinished) -> None:
        if event.error is not None:
            self._write_line(f"✗ {self._node_path(event)}: {error_line(event.error, ' ')}", "red")

    def _on_interrupted(self, event: Interrupted) -> None:
        fields = [_interrupt_fields(interrupt) for interrupt in event.interrupts]
        ids = {interrupt_id for item in fields if (interrupt_id := plain_text(item.get("id")))}
        if ids and ids <= self._shown_interrupts:  # the graphs around a nested graph repeat its interrupts
            return
        self._shown_interrupts |= ids
        values = [_format_value(item["value"]) for item in fields]
        place = self._node_path(event) or "breakpoint"
        self._write_line(f"? {place} {' '.join(values)}".rstrip(), "yellow")

    def _on_run_finished(self, event: RunFinished) -> None:
        style = "bold" if event.status == "done" else "bold red"
        self._write_line(
            f"{_STATUS_SYMBOLS.get(event.status, '·')} {event.status} in {event.time - self._start_time:.1f} s", style
        )

    def _open_call(self, event: Token | Message) -> None:
        if self._output.open_call_id == event.call_id:
            return
        model = self._models.get(event.call_id, "")
        self._write_line(self._node_path(event) + (f" · {model}" if model else ""), "dim")
        self._output.open_call_id = event.call_id

    def _close_call(self) -> None:
        if self._output.open_call_id:
            self._output.open_call_id = ""
            self._write("\n")

    def _write_line(self, text: str, style: str) -> None:
        self._close_call()
        number = f"[{self.number}] " if self.is_numbered else ""
        self._write(f"{number}{text}\n", style)

    def _write(self, text: str, style: str = "") -> None:
        if (redactor := current_redactor()) is not None:
            text = redactor.text(text)
        self._output.write(CONTROL_CHARACTERS.sub("", text), style)  # a model's text must not control the terminal

    def _node_path(self, event: Any) -> str:
        names: list[str] = []
        for level, element in enumerate(event.ns, 1):
            graph = self._graph_names.get(event.ns[:level], "")
            names += (graph,) if graph and element.isdecimal() else (self._node_name(element),)
            if not any(map(str.isdecimal, event.ns[level - 1 : level + 1])):  # a number names another graph of the task
                names.append(graph)
        names.append(self._task_names.get(event.task_id, event.node))
        return " › ".join(filter(None, names))

    def _node_name(self, element: str) -> str:
        if element.isdecimal():
            return f"#{int(element) + 1}"  # another subgraph called by the same task
        node, _, task_id = element.partition(":")
        return self._task_names.get(task_id, node)

    _HANDLERS: ClassVar[dict[type, Callable[[_RunPrinter, Any], None]]] = {
        RunStarted: _on_run_started,
        GraphStarted: _on_graph_started,
        TaskStarted: _on_task_started,
        CallStarted: _on_call_started,
        Token: _on_token,
        Message: _on_message,
        CallFinished: _on_call_finished,
        Custom: _on_custom,
        Update: _on_update,
        TaskFinished: _on_task_finished,
        Interrupted: _on_interrupted,
        RunFinished: _on_run_finished,
    }


def _node_graphs(shape: Shape | None) -> Iterator[tuple[str, str]]:
    """Yield the name of each node that is a graph, and of that graph, to any depth."""
    for node in shape.nodes if shape is not None else ():
        if node.graph is not None:
            yield node.name, node.graph.name
            yield from _node_graphs(node.graph)


def _styled_printer(file: TextIO | None) -> Callable[[str, str], None]:
    """Return a function that writes ``(text, style)``: with ``rich`` in a terminal if it is installed."""
    out = file or sys.stdout
    if out.isatty() and importlib.util.find_spec("rich") is not None:
        from rich.console import Console as Rich

        rich = Rich(file=file, highlight=False, markup=False, emoji=False, soft_wrap=True)
        return lambda text, style: rich.print(_encodable(text, rich.file), style=style or None, end="")

    def write_plain(text: str, style: str) -> None:
        # no flush: a notebook flushes on its own, and drops output if every token is a message
        out = file or sys.stdout
        out.write(_encodable(text, out))

    return write_plain


def _encodable(text: str, file: Any) -> str:
    """Return ``text`` with escapes in the place of the characters that the encoding of a file does not have."""
    if text.isascii():
        return text
    encoding = getattr(file, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


def _interrupt_fields(interrupt: Any) -> dict[str, Any]:
    """Return the id and the value of an interrupt; one that was read from a file may be a dict."""
    if declared_fields(type(interrupt)) is None:
        return {"value": interrupt}
    return {"value": interrupt, **read_fields(interrupt, ("id", "value"))}


def _format_value(data: Any) -> str:
    """Return ``data`` as one truncated line: a text unchanged, anything else as JSON."""
    text = plain_text(data)
    if text is None:
        text = json_line(data, 4 * MAX_VALUE_CHARS, message_text=_message_line)
    line = " ".join(redact_start(text, 4 * MAX_VALUE_CHARS, current_redactor())[: 4 * MAX_VALUE_CHARS].split())
    return line if len(line) <= MAX_VALUE_CHARS else line[:MAX_VALUE_CHARS] + "…"


def _message_line(message: Any) -> str:
    """Return the text and the tool calls of a message; its type if it has neither."""
    calls = [call.replace('"', "'") for call in _tool_calls(message)]  # the line stands in a JSON text
    return " ".join(filter(None, (message_text(message), *calls))) or f"<{message_type(message)}>"


def _tool_calls(message: Any) -> Iterator[str]:
    for call in dicts_in(message, "tool_calls"):
        yield f"→ {plain_text(call.get('name')) or ''} {_format_value(call.get('args'))}"
