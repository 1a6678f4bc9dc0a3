"""The objects of ``langgraph.checkpoint.postgres.shallow`` (install ``langgraph-checkpoint-postgres``)."""

from langgraph.checkpoint.postgres.shallow import *
