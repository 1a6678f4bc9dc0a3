"""Effects: requests for I/O that the engine yields, and the two interpreters that carry them out.

Code that has to work in threads and on an event loop is written once, as a generator of effects. ``blocking`` runs such
a generator in the calling thread, ``aio`` on the running event loop.
"""
