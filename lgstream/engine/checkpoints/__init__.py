"""Threads: checkpoints and pending writes in LangGraph's format, and where a run starts in its thread."""
