"""The saved state of LangGraph threads: checkpoints and pending writes, in LangGraph's format.

``session`` is the current checkpoint of one run, with the pending writes of its superstep. ``start_point`` describes
the checkpoint that a run starts from, ``format`` and ``serde`` convert channels and values to their saved form and
back, ``outcomes`` reads the results of tasks from saved writes, and ``saver_effects`` calls the checkpointer.
"""
