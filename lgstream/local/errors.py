"""What goes wrong with the embedded model, by type. Each is also the builtin exception that it is a case of."""

from __future__ import annotations

import errno
from typing import Any


class MissingPackage(ImportError):
    """A package or system library that the embedded model runs on is not installed."""


class ModelNotFound(FileNotFoundError):
    """There is no GGUF file where the model was looked for."""


class ModelRejected(ValueError):
    """The file is not the one it should be, or the engine cannot load it."""


class FetchFailed(RuntimeError):
    """The model's file could not be installed."""


class PortInUse(OSError):
    """Another program listens on the port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(
            errno.EADDRINUSE,
            f"port {port} on 127.0.0.1 is used by another program: name another (port=..., or --port), "
            "or leave it at 0 and the system picks a free one",
        )


class Refused(Exception):
    """A request that cannot be answered. ``status`` is the HTTP status, ``body()`` the error as OpenAI words it."""

    def __init__(self, status: int, message: str, *, kind: str = "invalid_request_error", code: str | None = None):
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code

    def body(self) -> dict[str, Any]:
        return {"error": {"message": str(self), "type": self.kind, "param": None, "code": self.code}}
