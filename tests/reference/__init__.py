"""Recordings of 113 small programs run on langgraph 1.2.22, compared with the same programs run on lgstream."""
