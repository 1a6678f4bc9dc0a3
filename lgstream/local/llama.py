"""llama.cpp in this process, through xllamacpp: takes chat completion requests, streams chunks."""

from __future__ import annotations

import importlib
import json
import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lgstream.local.completion import OnChunk, add_missing_roles
from lgstream.local.errors import MissingPackage, ModelRejected, RequestError
from lgstream.local.model_files import INSTALL_COMMAND
from lgstream.local.tool_calls import Request

_DEFAULT_MAX_TOKENS = 512
"""Limit of an answer whose request sets none: a small model may never stop on its own."""


def default_threads() -> int:
    """Return one less than the number of cores of this process, at most four.

    llama.cpp's threads wait for each other after every operation. If one of them shares its core with a browser or a
    kernel, all of them are slow (on two busy cores, two threads are several times slower than one).
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(max(cores - 1, 1), 4)


@dataclass(frozen=True)
class LoadOptions:
    """What llama.cpp loads.

    Attributes:
        path: the GGUF file.
        threads: number of threads that compute.
        context: tokens, shared evenly by the slots.
        slots: number of answers that are generated at the same time.
    """

    path: Path
    threads: int
    context: int
    slots: int


class LlamaEngine:
    """A loaded model. Thread-safe: calls beyond the number of slots wait.

    Raises:
        MissingPackage: if xllamacpp or a library that it needs is not installed.
        ModelRejected: if llama.cpp cannot load the file.
    """

    def __init__(self, options: LoadOptions) -> None:
        xllamacpp = _import_xllamacpp()
        try:
            self._server = xllamacpp.Server(_common_params(xllamacpp, options))
        except RuntimeError as error:
            raise ModelRejected(
                f"llama.cpp cannot load {options.path}: the file is damaged, or of an architecture newer than the "
                f"installed xllamacpp, or a context of {options.context} tokens does not fit into memory"
            ) from error
        self._is_closing = False
        self._active_requests = 0
        self._request_ended = threading.Condition()

    def chat(self, request: Request, on_chunk: OnChunk) -> None:
        """Stream the answer to a chat completion request into ``on_chunk``.

        An exception in ``on_chunk`` ends the answer and is raised here.

        Raises:
            RequestError: if llama.cpp rejects the request, or the engine is closed.
        """
        with self._request_ended:
            if self._is_closing:
                raise _closed_error()
            self._active_requests += 1
        try:
            self._stream(request, on_chunk)
        finally:
            with self._request_ended:
                self._active_requests -= 1
                self._request_ended.notify_all()

    def close(self) -> None:
        """End every answer at its next token, then unload the model."""
        with self._request_ended:
            self._is_closing = True
            self._request_ended.wait_for(lambda: not self._active_requests)
            # The C++ destructor stops and joins llama.cpp's own threads.
            self._server = None

    def _stream(self, request: Request, on_chunk: OnChunk) -> None:
        failure: BaseException | None = None
        forward = add_missing_roles(on_chunk)

        def receive(text: str) -> bool:
            """Handle one chunk; return True to end the answer."""
            nonlocal failure
            try:
                if self._is_closing:
                    raise _closed_error()
                chunk = json.loads(text)
                if "error" in chunk:
                    raise _request_error(chunk["error"])
                forward(chunk)
            except BaseException as error:  # noqa: BLE001 - must not pass through C++ frames; raised below
                failure = error
            return failure is not None

        try:
            self._server.handle_chat_completions(json.dumps({**request, "stream": True}), receive)
        except ValueError as error:
            raise RequestError(400, str(error)) from error
        if failure is not None:
            raise failure


def _import_xllamacpp() -> Any:
    try:
        return importlib.import_module("xllamacpp")
    except ModuleNotFoundError as error:
        raise MissingPackage(f"xllamacpp, which runs the local model, is not installed: {INSTALL_COMMAND}") from error
    except ImportError as error:
        if "libgomp" not in str(error):
            raise
        raise MissingPackage(
            "xllamacpp needs the system library libgomp.so.1: install it with "
            "apt-get install libgomp1 (Debian, Ubuntu) or dnf install libgomp (Fedora, RHEL)"
        ) from error


def _common_params(xllamacpp: Any, options: LoadOptions) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = str(options.path)
    params.model_alias = {options.path.stem}
    params.cpuparams.n_threads = options.threads
    params.n_ctx = options.context
    params.n_parallel = options.slots
    params.n_predict = _DEFAULT_MAX_TOKENS
    # Determined by experiment: without a penalty SmolLM2 repeats one sentence for ever.
    params.sampling.temp = 0.7
    params.sampling.penalty_repeat = 1.15
    # Finished prompts are cached in the slots only, not in the 8 GB of memory that llama.cpp would use for them.
    params.cache_ram_mib = 0
    params.warmup = False
    params.verbosity = 0
    # xllamacpp always starts llama.cpp's own HTTP server too; with a key that is stored nowhere, it is unusable.
    params.port = 0
    params.ui = False
    params.api_keys = [secrets.token_urlsafe()]
    return params


def _request_error(error: dict[str, Any]) -> RequestError:
    """Return the error for an error chunk of llama.cpp."""
    if error.get("type") == "exceed_context_size_error":
        return RequestError(
            400,
            f"the prompt is too long: {error['n_prompt_tokens']} tokens, and a slot holds {error['n_ctx']}; "
            "shorten it, or start the model with a larger context or fewer slots",
            code="context_length_exceeded",
        )
    status = error.get("code", 500)
    error_type = "invalid_request_error" if status < 500 else "server_error"
    return RequestError(status, error["message"], error_type=error_type)


def _closed_error() -> RequestError:
    message = "the local model was stopped: call lgstream.local.start() again"
    return RequestError(503, message, error_type="server_error")
