"""A small language model in this process, behind an endpoint that OpenAI's clients know.

>>> with lgstream.local.serve():
...     ChatOpenAI(model="gpt-4o-mini").invoke("Write a joke about ice cream")

For what it can and cannot do see docs/local-model.md.
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

_HOMES = {"fetch": "model_files", "Server": "server", "serve": "server", "start": "server"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
