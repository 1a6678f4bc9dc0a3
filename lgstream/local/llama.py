"""llama.cpp in this process, through xllamacpp: requests in, chunks out, nothing else known."""

from __future__ import annotations

import importlib
import json
import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lgstream.local.chat import Each
from lgstream.local.completion import add_missing_roles
from lgstream.local.errors import MissingPackage, ModelRejected, Refused
from lgstream.local.model_files import EXTRA
from lgstream.local.tool_calls import Request

_MAX_TOKENS = 512  # of an answer whose request sets no limit; a small model may never come to an end


def default_threads() -> int:
    """One core less than this process may use, at most four.

    llama.cpp's threads wait for each other after every operation: when one of them shares its core with a browser or
    a kernel, all of them are slow (on two busy cores, two threads are several times slower than one).
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(cores - 1, 1), 4)


@dataclass(frozen=True)
class Load:
    """What to load: ``context`` in tokens, shared evenly by ``slots``, the answers made at the same time."""

    path: Path
    threads: int
    context: int
    slots: int


class Engine:
    """A loaded model. :meth:`ask` may be called from any number of threads; calls beyond ``slots`` wait their turn.

    Raises:
        MissingPackage: xllamacpp or a library it needs is not installed.
        ModelRejected: llama.cpp cannot load the file.
    """

    def __init__(self, load: Load) -> None:
        llama = _llama()
        try:
            self._server = llama.Server(_params(llama, load))
        except RuntimeError as error:
            raise ModelRejected(
                f"llama.cpp cannot load {load.path}: the file is damaged, or of an architecture newer than the "
                f"installed xllamacpp, or a context of {load.context} tokens does not fit into memory"
            ) from error
        self._closing = False
        self._asked = 0
        self._idle = threading.Condition()

    def ask(self, request: Request, each: Each) -> None:
        """Stream the answer to a chat completion request. What ``each`` raises ends the answer and is raised here.

        Raises:
            Refused: llama.cpp refuses the request, or the engine is closed.
        """
        with self._idle:
            if self._closing:
                raise _closed()
            self._asked += 1
        try:
            self._stream(request, each)
        finally:
            with self._idle:
                self._asked -= 1
                self._idle.notify_all()

    def close(self) -> None:
        """End every answer at its next token, then unload the model."""
        with self._idle:
            self._closing = True
            self._idle.wait_for(lambda: not self._asked)
            # The C++ destructor stops and joins llama.cpp's own threads.
            self._server = None

    def _stream(self, request: Request, each: Each) -> None:
        ended: BaseException | None = None
        send = add_missing_roles(each)

        def receive(text: str) -> bool:
            nonlocal ended
            try:
                if self._closing:
                    raise _closed()
                chunk = json.loads(text)
                if "error" in chunk:
                    raise _refusal(chunk["error"])
                send(chunk)
            except BaseException as error:  # noqa: BLE001 - carried past the C++ frames and raised below
                ended = error
            return ended is not None

        try:
            self._server.handle_chat_completions(json.dumps({**request, "stream": True}), receive)
        except ValueError as error:
            raise Refused(400, str(error)) from error
        if ended is not None:
            raise ended


def _llama() -> Any:
    try:
        return importlib.import_module("xllamacpp")
    except ModuleNotFoundError as error:
        raise MissingPackage(f"xllamacpp, which runs the embedded model, is not installed: {EXTRA}") from error
    except ImportError as error:
        if "libgomp" not in str(error):
            raise
        raise MissingPackage(
            "xllamacpp needs the system library libgomp.so.1: install it with "
            "apt-get install libgomp1 (Debian, Ubuntu) or dnf install libgomp (Fedora, RHEL)"
        ) from error


def _params(llama: Any, load: Load) -> Any:
    params = llama.CommonParams()
    params.model.path = str(load.path)
    params.model_alias = {load.path.stem}
    params.cpuparams.n_threads = load.threads
    params.n_ctx = load.context
    params.n_parallel = load.slots
    params.n_predict = _MAX_TOKENS
    # Found by trying: without a penalty SmolLM2 repeats one sentence for ever.
    params.sampling.temp = 0.7
    params.sampling.penalty_repeat = 1.15
    # Finished prompts are kept in the slots only, not in the 8 GB that llama.cpp would take for them.
    params.cache_ram_mib = 0
    params.warmup = False
    params.verbosity = 0
    # xllamacpp always opens llama.cpp's own endpoint beside it; nobody knows this key, so nobody uses it.
    params.port = 0
    params.ui = False
    params.api_keys = [secrets.token_urlsafe()]
    return params


def _refusal(error: dict[str, Any]) -> Refused:
    if error.get("type") == "exceed_context_size_error":
        return Refused(
            400,
            f"the prompt is too long: {error['n_prompt_tokens']} tokens, and a slot holds {error['n_ctx']}; "
            "shorten it, or start the model with a larger context or fewer slots",
            code="context_length_exceeded",
        )
    status = error.get("code", 500)
    return Refused(status, error["message"], kind="invalid_request_error" if status < 500 else "server_error")


def _closed() -> Refused:
    return Refused(503, "the local model was stopped: call lgstream.local.start() again", kind="server_error")
