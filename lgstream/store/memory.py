"""The objects of ``langgraph.store.memory``."""

from langgraph.store.memory import *
