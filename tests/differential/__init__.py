"""The same programs run on langgraph and on lgstream: what they do must be the same."""
