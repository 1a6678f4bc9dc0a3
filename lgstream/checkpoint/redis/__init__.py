"""The objects of ``langgraph.checkpoint.redis`` (install ``langgraph-checkpoint-redis``)."""

from langgraph.checkpoint.redis import *
