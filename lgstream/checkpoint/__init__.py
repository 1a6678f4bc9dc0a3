"""Checkpoint savers: each module exports the objects of the module of ``langgraph.checkpoint`` with its name."""
