"""One task: its context, its attempts and its writes.

``context`` is the task as its node sees it, ``task`` adds the outcome, and ``attempt`` runs it, with the help of
``retry``, ``timeout``, ``cache`` and ``interrupts``. ``error_handlers`` creates the tasks of error handlers, and
``future`` is the future of a task that another task calls.
"""
