"""Handlers that observe a run although its config does not name them.

langchain-core adds them when it makes a callback manager: handlers of context managers (``collect_runs``,
``get_usage_metadata_callback``), of environment variables and of LangSmith, and those of instrumentations
(OpenInference, Traceloop, MLflow, Sentry), which replace one of langchain-core's functions by one of their own.

Making a callback manager to find out would take 30 times as long as the tests here, and every root run makes them.
"""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

from langchain_core.callbacks import CallbackManager, base, manager
from langchain_core.globals import get_debug
from langchain_core.utils.env import env_var_is_set

from lgstream.langchain.private import configure_hooks, is_tracing_enabled


def has_installed_handlers() -> bool:
    """Return True if langchain-core would add handlers to a run without callbacks."""
    for variable, _, _, env_variable in configure_hooks:
        if variable.get() is not None or (env_variable is not None and env_var_is_set(env_variable)):
            return True
    return _is_instrumented() or get_debug() or bool(is_tracing_enabled())


def _is_instrumented() -> bool:
    """Return True if other code has replaced a function that makes callback managers."""
    configure = vars(CallbackManager)["configure"]
    return (
        _is_replaced(CallbackManager.__init__, base)
        or _is_replaced(vars(manager).get("_configure"), manager)
        or type(configure) is not classmethod
        or _is_replaced(configure.__func__, manager)
    )


def _is_replaced(function: Any, module: ModuleType) -> bool:
    """Return True if the function was not defined in the module; wrappers may copy its name, but not its globals."""
    return type(function) is not FunctionType or function.__globals__ is not vars(module)
