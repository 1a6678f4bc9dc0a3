"""Caches: each module exports the objects of the module of ``langgraph.cache`` with its name."""
