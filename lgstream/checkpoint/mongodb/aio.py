"""The objects of ``langgraph.checkpoint.mongodb.aio`` (install ``langgraph-checkpoint-mongodb``)."""

from langgraph.checkpoint.mongodb.aio import *
