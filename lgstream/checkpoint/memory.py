"""The objects of ``langgraph.checkpoint.memory``."""

from langgraph.checkpoint.memory import *
