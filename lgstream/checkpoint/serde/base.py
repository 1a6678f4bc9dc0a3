"""The objects of ``langgraph.checkpoint.serde.base``."""

from langgraph.checkpoint.serde.base import *
