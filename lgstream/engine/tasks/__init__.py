"""One task: what its node receives, how it is attempted, and what it writes."""
