"""The objects of ``langgraph.checkpoint.serde.jsonplus``."""

from langgraph.checkpoint.serde.jsonplus import *
