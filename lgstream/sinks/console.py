"""A sink that tells a run as text while it goes on: for a terminal, a log, a plain cell."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Callable
from typing import Any, TextIO

from lgstream.events import (
    CallFinished,
    CallStarted,
    Custom,
    Event,
    Interrupted,
    Message,
    Namespace,
    RunFinished,
    RunStarted,
    TaskFinished,
    TaskStarted,
    Token,
    Update,
)

LONGEST_LINE = 300
"""Characters of an update or a custom write that are shown."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # a model's answer must not steer the terminal
_MARKS = {"done": "✓", "failed": "✗", "stopped": "■", "interrupted": "?"}


class Console:
    """Writes tokens as they come, and a line for each update, custom write, interrupt and error.

    Nodes go by name (``research › write``), the second of parallel tasks of one node by ``worker #2``. In a terminal it
    is in colour when ``rich`` is installed.

    Args:
        file: where to write; ``None`` is ``sys.stdout`` as it is at each write.
    """

    wants = frozenset(
        {RunStarted, TaskStarted, CallStarted, Token, Message, CallFinished, Custom, Update, TaskFinished, Interrupted,
         RunFinished}
    )  # fmt: skip

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file
        self._paint = _painter(file)
        self._started = 0.0
        self._open = ""  # the call whose text the current line belongs to
        self._models: dict[str, str] = {}
        self._tasks: dict[str, str] = {}  # names by task id
        self._seen: dict[tuple[Namespace, int, str], int] = {}

    def __call__(self, event: Event) -> None:
        if (tell := _TELLERS.get(type(event))) is not None:
            tell(self, event)

    def _run_started(self, event: RunStarted) -> None:
        self._started = event.time
        self._tasks.clear()
        self._seen.clear()
        self._line(f"▶ {event.graph}", "bold")

    def _task_started(self, event: TaskStarted) -> None:
        key = (event.ns, event.step, event.node)
        self._seen[key] = nth = self._seen.get(key, 0) + 1
        self._tasks[event.task_id] = event.node if nth == 1 else f"{event.node} #{nth}"

    def _call_started(self, event: CallStarted) -> None:
        self._models[event.call_id] = event.model

    def _token(self, event: Token) -> None:
        text = event.message.text + "".join(
            f"{'→ ' + chunk['name'] + ' ' if chunk.get('name') else ''}{chunk.get('args') or ''}"
            for chunk in event.message.tool_call_chunks
        )
        if text:
            self._open_call(event)
            self._write(text)

    def _message(self, event: Message) -> None:
        if not event.call_id:  # a node's output: the update line shows it
            return
        self._open_call(event)
        calls = (f"→ {call['name']} {_short(call['args'])}" for call in getattr(event.message, "tool_calls", ()))
        self._write("\n".join(filter(None, (event.message.text, *calls))))

    def _call_finished(self, event: CallFinished) -> None:
        if event.error is not None:
            self._line(f"✗ {self._path(event)}: {_one_line(event.error)}", "red")
        elif self._open == event.call_id:
            self._close_call()
        self._models.pop(event.call_id, None)

    def _custom(self, event: Custom) -> None:
        self._line(f"· {self._path(event)}: {_short(event.data)}", "cyan")

    def _update(self, event: Update) -> None:
        self._line(f"✓ {self._path(event)} {_short(event.data)}", "green")

    def _task_finished(self, event: TaskFinished) -> None:
        if event.error is not None:
            self._line(f"✗ {self._path(event)}: {_one_line(event.error)}", "red")

    def _interrupted(self, event: Interrupted) -> None:
        asked = [_short(getattr(interrupt, "value", interrupt)) for interrupt in event.interrupts]
        where = self._path(event) or "breakpoint"
        self._line(f"? {where} {' '.join(asked)}".rstrip(), "yellow")

    def _run_finished(self, event: RunFinished) -> None:
        style = "bold" if event.status == "done" else "bold red"
        self._line(f"{_MARKS.get(event.status, '·')} {event.status} in {event.time - self._started:.1f} s", style)

    def _open_call(self, event: Token | Message) -> None:
        if self._open == event.call_id:
            return
        model = self._models.get(event.call_id, "")
        self._line(self._path(event) + (f" · {model}" if model else ""), "dim")
        self._open = event.call_id

    def _close_call(self) -> None:
        if self._open:
            self._open = ""
            self._write("\n")

    def _line(self, text: str, style: str) -> None:
        self._close_call()
        self._write(text + "\n", style)

    def _write(self, text: str, style: str = "") -> None:
        self._paint(_CONTROLS.sub("", text), style)

    def _path(self, event: Any) -> str:
        above = [self._name(element) for element in event.ns]
        own = self._tasks.get(event.task_id, event.node)
        return " › ".join(filter(None, (*above, own)))

    def _name(self, element: str) -> str:
        node, _, task_id = element.partition(":")
        if node.isdecimal() and not task_id:
            return f"#{int(node) + 1}"  # a further subgraph called by the same task
        return self._tasks.get(task_id, node)


_TELLERS: dict[type, Callable[[Console, Any], None]] = {
    RunStarted: Console._run_started,
    TaskStarted: Console._task_started,
    CallStarted: Console._call_started,
    Token: Console._token,
    Message: Console._message,
    CallFinished: Console._call_finished,
    Custom: Console._custom,
    Update: Console._update,
    TaskFinished: Console._task_finished,
    Interrupted: Console._interrupted,
    RunFinished: Console._run_finished,
}


def _painter(file: TextIO | None) -> Callable[[str, str], None]:
    """What writes ``(text, style)``: ``rich`` in a terminal, if installed."""
    out = file or sys.stdout
    if out.isatty() and importlib.util.find_spec("rich") is not None:
        from rich.console import Console as Rich

        rich = Rich(file=file, highlight=False, markup=False, emoji=False, soft_wrap=True)
        return lambda text, style: rich.print(text, style=style or None, end="")

    def plain(text: str, style: str) -> None:
        # no flush: a notebook flushes by itself, and loses messages when each token is one
        (file or sys.stdout).write(text)

    return plain


def _short(data: Any) -> str:
    """``data`` on one line, bounded: a string as it is, else JSON, else its repr."""
    try:
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=_plain_text)
    except (TypeError, ValueError, RecursionError):  # odd keys, cycles
        text = repr(data)
    line = " ".join(text[: 4 * LONGEST_LINE].split())
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…"


def _plain_text(value: Any) -> str:
    text = getattr(value, "text", None)  # of a message
    return str(text) if isinstance(text, str) and text else repr(value)


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
