"""The objects of ``langgraph.store.sqlite.aio`` (install ``langgraph-checkpoint-sqlite``)."""

from langgraph.store.sqlite.aio import *
