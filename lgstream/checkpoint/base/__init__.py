"""The objects of ``langgraph.checkpoint.base``."""

from langgraph.checkpoint.base import *
