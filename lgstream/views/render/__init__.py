"""Renders a run as static HTML, Markdown and plain text, from its tables only."""
