"""The objects of ``langgraph.cache.redis``."""

from langgraph.cache.redis import *
