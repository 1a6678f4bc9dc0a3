"""The drivers: carry out what a run loop decides, in threads (``sync``) or on an event loop (``aio``)."""
