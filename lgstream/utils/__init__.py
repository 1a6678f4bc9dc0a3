"""The import paths that LangGraph keeps for older programs; new ones import from ``lgstream.config``."""
