"""Effects: requests for I/O that generators yield, and the two interpreters that carry them out.

Code that has to work both in threads and on an event loop is written once, as a generator of effects. ``effects``
defines the requests. ``blocking`` runs such a generator in the calling thread, ``aio`` on the running event loop.
``loop_thread`` is the event loop on which sync runs execute async functions, ``thread_pool`` provides the threads in
which sync functions run, and ``cancellation`` ends what a thread waits for.
"""
