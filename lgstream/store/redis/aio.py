"""The objects of ``langgraph.store.redis.aio`` (install ``langgraph-checkpoint-redis``)."""

from langgraph.store.redis.aio import *
