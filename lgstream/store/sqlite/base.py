"""The objects of ``langgraph.store.sqlite.base`` (install ``langgraph-checkpoint-sqlite``)."""

from langgraph.store.sqlite.base import *
