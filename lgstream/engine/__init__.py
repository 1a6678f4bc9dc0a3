"""The executor: plans supersteps, runs their tasks, applies their writes, and emits events.

- ``program``: a compiled graph as the engine sees it; ``callables`` and ``purity`` inspect its functions.
- ``run_state``, ``run_options`` and ``run_scope``: the data of one run.
- ``plan``, ``apply`` and ``writes``: the tasks of a superstep, and the effect of their writes on the channels; no I/O.
- ``run_loop`` and ``commit``: the decisions of one run, without I/O. A driver from ``drivers`` calls them and does the
  I/O, in threads or on an event loop.
- ``tasks``: one task, with its retries, timeout, cache and interrupts.
- ``checkpoints``: checkpoints and pending writes in LangGraph's format.
- ``execution_choice``: whether tasks run inline, alone or concurrently.
- ``emitter`` and ``output_messages``: the events of a run.
- ``standalone``: a node that is invoked outside of a run.
"""
