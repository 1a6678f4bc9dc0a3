"""Stores: each module exports the objects of the module of ``langgraph.store`` with its name."""
