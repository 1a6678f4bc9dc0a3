"""The adapter for graphs that were compiled by the ``langgraph`` package.

The graph's own ``invoke`` runs, so its result, exceptions and keyword arguments are unchanged. :mod:`.run_tap` describes
how the events are obtained, :mod:`.runs` runs a graph with sinks, and :mod:`.intercept` observes the runs that other
code starts. Importing these modules does not import ``langgraph``.
"""
