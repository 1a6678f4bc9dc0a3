"""The objects of ``langgraph.checkpoint.mongodb`` (install ``langgraph-checkpoint-mongodb``)."""

from langgraph.checkpoint.mongodb import *
