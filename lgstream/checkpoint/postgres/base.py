"""The objects of ``langgraph.checkpoint.postgres.base`` (install ``langgraph-checkpoint-postgres``)."""

from langgraph.checkpoint.postgres.base import *
