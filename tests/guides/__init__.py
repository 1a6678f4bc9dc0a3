"""The code of LangGraph's streaming guides, run as the cells of a notebook."""
