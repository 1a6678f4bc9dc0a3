"""The objects of ``langgraph.checkpoint.postgres`` (install ``langgraph-checkpoint-postgres``)."""

from langgraph.checkpoint.postgres import *
