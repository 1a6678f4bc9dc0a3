"""The drivers: carry out the decisions of a run loop, in threads (``sync``) or on an event loop (``aio``).

``chunk_queue`` passes chunks from tasks to the consumer, and ``checkpoint_writer`` makes the saves of a run.
"""
