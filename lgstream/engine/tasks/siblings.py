"""What the error of one task means for the other tasks of its superstep."""

from __future__ import annotations

from lgstream.errors import bubbles_up, is_invalid_resume


def stops_siblings(error: BaseException) -> bool:
    """Return True if a task's error also stops the other tasks of the superstep (reference rule 46).

    An interrupt, a Command for the parent graph and an invalid resume value do not: the other tasks run to their end,
    and their chunks are yielded.
    """
    return not bubbles_up(error) and not is_invalid_resume(error)
