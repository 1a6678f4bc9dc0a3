"""A run as static HTML, Markdown and plain text, made of its tables alone."""
