"""The objects of ``langgraph.cache.sqlite`` (install ``langgraph-checkpoint-sqlite``)."""

from langgraph.cache.sqlite import *
