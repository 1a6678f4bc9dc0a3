"""A run as static HTML that survives the sanitizers of notebook viewers."""
