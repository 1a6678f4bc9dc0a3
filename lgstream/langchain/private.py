"""The private names of langchain-core that lgstream uses, each with the reason.

A test imports this module with the installed langchain-core, so that a release that moves a name fails the test.
"""

from __future__ import annotations

from langchain_core.runnables.config import _set_config_context as set_config_context
from langchain_core.tracers._streaming import _StreamingCallbackHandler as StreamingCallbackHandler
from langchain_core.tracers.context import _configure_hooks as configure_hooks
from langchain_core.tracers.context import _tracing_v2_is_enabled as is_tracing_enabled

__all__ = ["StreamingCallbackHandler", "configure_hooks", "is_tracing_enabled", "set_config_context"]

# StreamingCallbackHandler: `model.invoke` streams only if a handler of this class is among its callbacks; handlers of
#   this class also observe the chunks of a run (`astream_events`).
# configure_hooks: the list of the context variables and environment variables that add a handler to every root run.
# is_tracing_enabled: returns True if langchain-core would add a LangSmith tracer, because of the environment or of a
#   context manager.
# set_config_context: sets the config that child runs inherit, and with it LangSmith's own context.
