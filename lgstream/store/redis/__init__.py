"""The objects of ``langgraph.store.redis`` (install ``langgraph-checkpoint-redis``)."""

from langgraph.store.redis import *
