"""Errors of the local model. Each public one is also the builtin exception that it is a case of."""

from __future__ import annotations

import errno
from typing import Any


class MissingPackage(ImportError):
    """A package or system library that the local model needs is not installed."""


class ModelNotFound(FileNotFoundError):
    """There is no GGUF file at the given path."""


class ModelRejected(ValueError):
    """The file is not the expected one, or llama.cpp cannot load it."""


class FetchFailed(RuntimeError):
    """The file of the model could not be installed."""


class PortInUse(OSError):
    """Another program listens on the requested port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            errno.EADDRINUSE,
            f"port {port} on 127.0.0.1 is used by another program: choose another one (port=..., or --port), "
            "or leave it at 0 and the system picks a free one",
        )


class RequestError(Exception):
    """A request that cannot be answered.

    Args:
        status: the HTTP status.
        message: what is wrong and how to fix it.
        error_type: OpenAI's type of the error, ``"invalid_request_error"`` or ``"server_error"``.
        code: OpenAI's code of the error, if it has one.
    """

    def __init__(
        self, status: int, message: str, *, error_type: str = "invalid_request_error", code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.code = code

    def body(self) -> dict[str, Any]:
        """Return the body of the HTTP response, in OpenAI's format."""
        return {"error": {"message": str(self), "type": self.error_type, "param": None, "code": self.code}}
