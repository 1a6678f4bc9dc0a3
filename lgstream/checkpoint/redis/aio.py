"""The objects of ``langgraph.checkpoint.redis.aio`` (install ``langgraph-checkpoint-redis``)."""

from langgraph.checkpoint.redis.aio import *
