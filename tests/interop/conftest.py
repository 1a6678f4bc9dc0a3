"""The fixture ``same`` of the differential tests."""

from tests.differential.conftest import same

__all__ = ["same"]
