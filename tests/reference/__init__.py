"""What langgraph 1.2.22 was seen to do in 113 small programs, and the same programs run on lgstream."""
