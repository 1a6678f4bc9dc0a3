"""The objects of ``langgraph.store.postgres`` (install ``langgraph-checkpoint-postgres``)."""

from langgraph.store.postgres import *
