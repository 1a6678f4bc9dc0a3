"""The objects of ``langgraph.cache.base``."""

from langgraph.cache.base import *
