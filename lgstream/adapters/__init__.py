"""Adapters: turn the runs of other packages' graphs into lgstream's events."""
