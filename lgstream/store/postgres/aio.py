"""The objects of ``langgraph.store.postgres.aio`` (install ``langgraph-checkpoint-postgres``)."""

from langgraph.store.postgres.aio import *
