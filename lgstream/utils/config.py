"""Configs: the one of the running node, complete ones, and copies with other ``configurable`` values."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import RunnableConfig

from lgstream.config import ensure_config, get_config, get_store

__all__ = ["ensure_config", "get_config", "get_store", "patch_configurable"]


def patch_configurable(config: RunnableConfig | None, patch: dict[str, Any]) -> RunnableConfig:
    """Return a copy of ``config`` in which the values of ``patch`` replace those of ``configurable``."""
    patched = RunnableConfig(**(config or {}))
    patched["configurable"] = {**patched.get("configurable", {}), **patch}
    return patched
