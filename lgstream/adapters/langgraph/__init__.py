"""The adapter for graphs that were compiled by the ``langgraph`` package.

The graph's own ``invoke`` runs, so its result, exceptions and keyword arguments are unchanged. The module ``run_tap``
describes how events are obtained, ``runs`` runs a graph with sinks, and ``intercept`` observes the runs that other code
starts. Importing these modules does not import ``langgraph``.
"""
