"""Handlers that observe a run although its config does not name them.

langchain-core adds them when it makes a callback manager: handlers of context managers (``collect_runs``,
``get_usage_metadata_callback``), of environment variables and of LangSmith, and those of instrumentations
(OpenInference, Traceloop, MLflow, Sentry), which replace one of langchain-core's functions by one of their own.

Making a callback manager to find out would take 30 times as long as the tests here, and every root run makes them.
"""

from __future__ import annotations

from types import FunctionType

from langchain_core.callbacks import CallbackManager, base, manager
from langchain_core.globals import get_debug
from langchain_core.utils.env import env_var_is_set

from lgstream.langchain.private import configure_hooks, is_tracing_enabled

_BASE_GLOBALS, _MANAGER_GLOBALS = vars(base), vars(manager)


def has_installed_handlers() -> bool:
    """Return True if langchain-core would add handlers to a run without callbacks."""
    for variable, _, _, env_variable in configure_hooks:
        if variable.get() is not None or (env_variable is not None and env_var_is_set(env_variable)):
            return True
    return _is_instrumented() or get_debug() or bool(is_tracing_enabled())


def _is_instrumented() -> bool:
    """Return True if other code has replaced a function that makes callback managers.

    Wrappers may have the name and the module of the function that they wrap, but not its type or its globals.
    """
    constructor, configure = CallbackManager.__init__, _MANAGER_GLOBALS["_configure"]
    method = CallbackManager.__dict__["configure"]
    return not (
        type(constructor) is type(configure) is FunctionType
        and type(method) is classmethod
        and constructor.__globals__ is _BASE_GLOBALS
        and configure.__globals__ is _MANAGER_GLOBALS
        and getattr(method.__func__, "__globals__", None) is _MANAGER_GLOBALS
    )
