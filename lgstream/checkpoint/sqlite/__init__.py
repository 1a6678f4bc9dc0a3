"""The objects of ``langgraph.checkpoint.sqlite`` (install ``langgraph-checkpoint-sqlite``)."""

from langgraph.checkpoint.sqlite import *
