"""The objects of ``langgraph.checkpoint.serde.event_hooks``."""

from langgraph.checkpoint.serde.event_hooks import *
