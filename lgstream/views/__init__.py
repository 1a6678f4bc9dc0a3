"""The events of a run as rows, and the rows as views; depends on :mod:`lgstream.events` alone."""
