"""The cost of a superstep, a task, a token, a chunk and an import, compared with langgraph in the same process.

``python -m benchmarks`` prints the table, ``python -m benchmarks.plots`` plots cost against size, and ``python -m
benchmarks.load`` measures views in a browser. A case is one small function that takes the package to measure; the cases
are in the files ``cases_*.py``.
"""
