"""The objects of ``langgraph.cache.memory``."""

from langgraph.cache.memory import *
