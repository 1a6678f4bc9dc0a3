"""All cases, in the order of the table."""

from __future__ import annotations

from benchmarks import (
    cases_fanout,
    cases_imports,
    cases_loops,
    cases_memory,
    cases_models,
    cases_runs,
    cases_savers,
    cases_state,
)
from benchmarks.case import Case

CASES: tuple[Case, ...] = (
    *cases_runs.CASES,
    *cases_loops.CASES,
    *cases_fanout.CASES,
    *cases_models.CASES,
    *cases_savers.CASES,
    *cases_imports.CASES,
    *cases_memory.CASES,
    *cases_state.CASES,
)


def select_cases(*parts: str) -> tuple[Case, ...]:
    """Return the cases whose name contains one of ``parts``; all cases if there are no parts.

    Raises:
        ValueError: if no case does.
    """
    cases = tuple(case for case in CASES if not parts or any(part in case.name for part in parts))
    if not cases:
        raise ValueError(f"No case has {' or '.join(map(repr, parts))} in its name: {[case.name for case in CASES]}.")
    return cases
