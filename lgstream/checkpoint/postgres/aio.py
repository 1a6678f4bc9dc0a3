"""The objects of ``langgraph.checkpoint.postgres.aio`` (install ``langgraph-checkpoint-postgres``)."""

from langgraph.checkpoint.postgres.aio import *
