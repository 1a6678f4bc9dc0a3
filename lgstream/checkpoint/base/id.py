"""The objects of ``langgraph.checkpoint.base.id``."""

from langgraph.checkpoint.base.id import *
