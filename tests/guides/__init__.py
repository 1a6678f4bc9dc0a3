"""The snippets of the streaming guides, run as the cells of a notebook."""
