"""The objects of ``langgraph.checkpoint.serde``."""
