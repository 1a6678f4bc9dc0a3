"""The objects of ``langgraph.checkpoint.serde.types``."""

from langgraph.checkpoint.serde.types import *
