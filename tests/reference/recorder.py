"""Cases, and the recorder that runs the graphs of a case's program and records their outcomes as plain data."""

from __future__ import annotations

import asyncio
import inspect
import io
import logging
import textwrap
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from typing import Any, Literal

from tests.reference.normalise import Json, plain, raised, text

Variant = Literal["sync", "async"]
Operation = dict[str, Json]
"""One call of a program and its outcome: ``{op, label?, input?, config?, kwargs?, result | chunks, raised}``."""


@dataclass(frozen=True)
class Case:
    """A program, which runs once for each variant."""

    id: str
    program: Callable[[Recorder], None]
    variants: tuple[Variant, ...]

    @property
    def source(self) -> str:
        """The source of the program."""
        return textwrap.dedent(inspect.getsource(self.program))

    def record(self, variant: Variant) -> list[Operation]:
        """Run the program and return its operations. Errors outside of an operation are raised."""
        recorder = Recorder(variant)
        self.program(recorder)
        return recorder.operations


CASES: dict[str, Case] = {}
"""All cases by id; importing the modules of ``programs/`` fills it."""


def case(
    id: str, source: str, about: str = "", variants: tuple[Variant, ...] = ("sync", "async")
) -> Callable[[Callable[[Recorder], None]], Callable[[Recorder], None]]:
    """Register the decorated program as a case. ``source`` and ``about`` describe it in its golden file."""

    def register(program: Callable[[Recorder], None]) -> Callable[[Recorder], None]:
        if id in CASES:
            raise ValueError(f"two cases are called {id!r}: ids are file names, so give one of them another")
        CASES[id] = Case(id, program, variants)
        return program

    return register


class Recorder:
    """The parameter ``c`` of a program. It calls ``stream`` or ``astream`` of graphs, depending on the variant."""

    def __init__(self, variant: Variant) -> None:
        self.is_async = variant == "async"
        self.operations: list[Operation] = []
        self.log: list[Any] = []  # nodes append to it; `flush_log` records it

    def stream(
        self,
        graph: Any,
        input: Any,
        config: Any = None,
        *,
        label: str | None = None,
        take: int | None = None,
        group: Callable[[Any], Any] | None = None,
        capture: bool = False,
        on_chunk: Callable[[int, Any], object] | None = None,
        keep: Callable[[Any], object] | None = None,
        **kwargs: Any,
    ) -> None:
        """Record the chunks of a run.

        Args:
            graph: The graph to run.
            input: Its input.
            config: Its config.
            label: A label of the operation.
            take: Stop after so many chunks.
            group: A key function; the order of chunks is compared only within a group.
            capture: Record what the run prints.
            on_chunk: Called with the index and the chunk when a chunk arrives.
            keep: A predicate; only chunks for which it is true are recorded.
            **kwargs: Other arguments of ``stream``.
        """
        with self._operation("stream", label, capture, **_arguments(input, config, kwargs)) as row:
            chunks: list[Json] = []
            groups: dict[str, list[Json]] = {}
            row.update({"chunks": chunks} if group is None else {"chunks_grouped": groups})

            def add(index: int, chunk: Any) -> bool:
                """Record ``chunk``; True if it was the last one to take."""
                if keep is None or keep(chunk):
                    (chunks if group is None else groups.setdefault(str(group(chunk)), [])).append(plain(chunk))
                if on_chunk is not None:
                    on_chunk(index, chunk)
                return take is not None and index + 1 >= take

            if self.is_async:
                asyncio.run(_consume_async(graph.astream(input, config, **kwargs), add))
            else:
                _consume(graph.stream(input, config, **kwargs), add)

    def invoke(
        self,
        graph: Any,
        input: Any,
        config: Any = None,
        *,
        label: str | None = None,
        capture: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Record and return the result of a run."""
        with self._operation("invoke", label, capture, **_arguments(input, config, kwargs)) as row:
            return self._result(row, graph, "invoke", input, config, **kwargs)

    def state(self, graph: Any, config: Any, *, label: str | None = None, **kwargs: Any) -> Any:
        """Record and return the snapshot of a thread."""
        with self._operation("get_state", label, kwargs=plain(kwargs)) as row:
            return self._result(row, graph, "get_state", config, **kwargs)

    def history(self, graph: Any, config: Any, *, label: str | None = None, **kwargs: Any) -> list[Any]:
        """Record and return all snapshots of a thread."""
        with self._operation("get_state_history", label, kwargs=plain(kwargs)) as row:
            if self.is_async:
                snapshots = asyncio.run(_collect(graph.aget_state_history(config, **kwargs)))
            else:
                snapshots = list(graph.get_state_history(config, **kwargs))
            row["result"] = plain(snapshots)
            return snapshots
        return []

    def update_state(self, graph: Any, config: Any, values: Any, *, label: str | None = None, **kwargs: Any) -> Any:
        """Record and return the config after an update of a thread's state."""
        with self._operation("update_state", label, values=plain(values), kwargs=plain(kwargs)) as row:
            return self._result(row, graph, "update_state", config, values, **kwargs)

    def call(self, label: str, function: Callable[[], Any], capture: bool = False) -> Any:
        """Record and return the result of a function, sync or async."""
        with self._operation("call", label, capture) as row:
            result = function()
            if inspect.isawaitable(result):
                result = asyncio.run(_await(result))
            row["result"] = plain(result)
            return result

    def fact(self, label: str, value: Any) -> None:
        """Record a value that the program observed itself."""
        self.operations.append({"op": "fact", "label": label, "result": plain(value)})

    def flush_log(self, label: str = "side effects, in order") -> None:
        """Record the log and clear it."""
        self.operations.append({"op": "log", "label": label, "result": plain(self.log)})
        self.log.clear()

    def _result(self, row: Operation, graph: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if self.is_async:
            result = asyncio.run(getattr(graph, f"a{method}")(*args, **kwargs))
        else:
            result = getattr(graph, method)(*args, **kwargs)
        row["result"] = plain(result)
        return result

    @contextmanager
    def _operation(self, op: str, label: str | None, capture: bool = False, **fields: Json) -> Iterator[Operation]:
        """Record an operation, with errors, warnings, log records and, with ``capture``, output in the ``with`` block.

        An error ends the operation but not the program; the recording method then returns None.
        """
        row: Operation = {"op": op, **({"label": label} if label else {}), **fields}
        self.operations.append(row)
        printed, error = io.StringIO(), None
        with (
            _catch_warnings() as caught_warnings,
            _capture_log() as log_records,
            redirect_stdout(printed) if capture else nullcontext(),
        ):
            try:
                yield row
            except Exception as exception:  # noqa: BLE001 - recorded; the program continues
                error = exception
        row["raised"] = raised(error)
        row.update({"stdout": text(printed.getvalue())} if capture else {})
        row.update({"warnings": own} if (own := _package_warnings(caught_warnings)) else {})
        row.update({"logged": log_records} if log_records else {})


def _arguments(input: Any, config: Any, kwargs: dict[str, Any]) -> dict[str, Json]:
    """Return the arguments as JSON, taken before the run, which may change them."""
    return {"input": plain(input), "config": plain(config), "kwargs": plain(kwargs)}


def _consume(chunks: Any, add: Callable[[int, Any], bool]) -> None:
    for index, chunk in enumerate(chunks):
        if add(index, chunk):
            chunks.close()
            return


async def _consume_async(chunks: Any, add: Callable[[int, Any], bool]) -> None:
    index = 0
    async for chunk in chunks:
        if add(index, chunk):
            await chunks.aclose()
            return
        index += 1


async def _collect(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


async def _await(result: Awaitable[Any]) -> Any:
    return await result


@contextmanager
def _catch_warnings() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always")
        yield messages


def _package_warnings(messages: list[warnings.WarningMessage]) -> list[Json]:
    """Return the warnings of the package, each once."""
    rows: list[Json] = []
    for warning in messages:
        row = {"category": warning.category.__name__, "message": text(str(warning.message))}
        is_own = "langgraph" in text(f"{warning.category.__module__} {warning.message}").lower()
        if is_own and row not in rows:
            rows.append(row)
    return rows


@contextmanager
def _capture_log() -> Iterator[list[Json]]:
    """Collect the warnings and errors that lgstream logs in the ``with`` block."""
    rows: list[Json] = []

    class RowHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            rows.append({"logger": record.name, "level": record.levelname, "message": record.getMessage()})

    logger, handler = logging.getLogger("lgstream"), RowHandler(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield rows
    finally:
        logger.removeHandler(handler)
