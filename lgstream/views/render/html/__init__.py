"""Renders a run as static HTML that the sanitizers of notebook viewers leave intact."""
