"""One task: its context, its attempts and its writes.

``base_task`` is the task as its node sees it, ``task`` adds the outcome, and ``attempt`` runs it, with the help of
``retry``, ``timeout``, ``cache`` and ``interrupts``. ``scratchpad`` is what other code finds of it in its config.
``error_handlers`` creates the tasks of error handlers, ``called_nodes`` the nodes of functions that tasks call, and
``future`` is the future of a task that another task calls.
"""
