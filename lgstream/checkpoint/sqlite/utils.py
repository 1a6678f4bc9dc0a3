"""The objects of ``langgraph.checkpoint.sqlite.utils`` (install ``langgraph-checkpoint-sqlite``)."""

from langgraph.checkpoint.sqlite.utils import *
