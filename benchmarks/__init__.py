"""What a superstep, a task, a token, a chunk and an import cost, beside langgraph in one process.

``python -m benchmarks`` prints the table; ``python -m benchmarks.plots`` draws cost against size. A case is one small
function, given the package; the files ``cases_*.py`` hold them.
"""
