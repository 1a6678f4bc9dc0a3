"""The adapter for graphs that were compiled by the ``langgraph`` package.

The graph's own ``invoke`` runs, so its result, exceptions and keyword arguments are unchanged. The module ``run_tap``
describes how events are obtained, ``runs`` runs a graph with sinks, and ``intercept`` observes the runs that other code
starts. There are no ``Routed`` events, and ``RunStarted.resumes`` is empty, because langgraph does not tell what they
would say. Importing these modules does not import ``langgraph``.
"""
