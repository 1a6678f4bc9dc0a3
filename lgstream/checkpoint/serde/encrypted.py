"""The objects of ``langgraph.checkpoint.serde.encrypted``."""

from langgraph.checkpoint.serde.encrypted import *
