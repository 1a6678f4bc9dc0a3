"""Run LLM graphs written in the LangGraph vocabulary and watch them live in a notebook cell."""
