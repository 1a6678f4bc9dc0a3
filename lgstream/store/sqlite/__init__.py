"""The objects of ``langgraph.store.sqlite`` (install ``langgraph-checkpoint-sqlite``)."""

from langgraph.store.sqlite import *
