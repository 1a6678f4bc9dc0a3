"""Formats values, tracebacks and numbers as text of bounded length."""
