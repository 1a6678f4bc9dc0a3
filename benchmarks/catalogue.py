"""All cases, in the order of the table."""

from __future__ import annotations

from benchmarks import (
    cases_fanout,
    cases_imports,
    cases_loops,
    cases_memory,
    cases_models,
    cases_savers,
    cases_state,
)
from benchmarks.case import Case

CASES: tuple[Case, ...] = (
    *cases_loops.CASES,
    *cases_fanout.CASES,
    *cases_models.CASES,
    *cases_savers.CASES,
    *cases_imports.CASES,
    *cases_memory.CASES,
    *cases_state.CASES,
)


def selected(*parts: str) -> tuple[Case, ...]:
    """The cases whose name has one of ``parts`` in it; all of them without parts. Raises ValueError for none."""
    found = tuple(case for case in CASES if not parts or any(part in case.name for part in parts))
    if not found:
        raise ValueError(f"No case has {' or '.join(map(repr, parts))} in its name: {[case.name for case in CASES]}.")
    return found
