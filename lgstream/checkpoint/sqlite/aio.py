"""The objects of ``langgraph.checkpoint.sqlite.aio`` (install ``langgraph-checkpoint-sqlite``)."""

from langgraph.checkpoint.sqlite.aio import *
