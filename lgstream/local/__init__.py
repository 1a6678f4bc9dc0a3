"""A small language model in this process, behind an endpoint that is compatible with OpenAI's clients.

>>> with lgstream.local.serve():
...     ChatOpenAI(model="gpt-4o-mini").invoke("Write a joke about ice cream")

``docs/local-model.md`` describes its abilities and limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lgstream.local.errors import FetchFailed, MissingPackage, ModelNotFound, ModelRejected, PortInUse
    from lgstream.local.model_files import fetch
    from lgstream.local.server import Server, serve, start

__all__ = [
    "FetchFailed",
    "MissingPackage",
    "ModelNotFound",
    "ModelRejected",
    "PortInUse",
    "Server",
    "fetch",
    "serve",
    "start",
]

_MODULE_BY_NAME = {"fetch": "model_files", "Server": "server", "serve": "server", "start": "server"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULE_BY_NAME.get(name, 'errors')}"), name)
