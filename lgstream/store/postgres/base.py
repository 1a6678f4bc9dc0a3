"""The objects of ``langgraph.store.postgres.base`` (install ``langgraph-checkpoint-postgres``)."""

from langgraph.store.postgres.base import *
