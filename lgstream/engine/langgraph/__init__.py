"""Graphs of the ``langgraph`` package that run in a task of an lgstream graph, as its node or called by the node.

langgraph hands everything that its nested graphs need to them in ``configurable``, under private keys. ``task_config``
adds these keys to the config of a task; ``runtime`` and ``replay`` contain objects of langgraph's kind for them, and
``chunks`` turns the chunks of the nested graph into events. Importing these modules does not import ``langgraph``.
"""
