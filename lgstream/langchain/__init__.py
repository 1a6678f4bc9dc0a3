"""The seam to langchain-core: models and tools as events, graphs as traced runs, the running task's config."""
