"""The executor: plans supersteps, runs their tasks, applies their writes, and emits an event for everything it does.

``run_state`` is the data of a run, ``plan`` and ``apply`` are pure, ``tasks`` runs one task, ``run_loop`` decides, and
``drivers`` carry out what it decides, in threads or on an event loop.
"""
