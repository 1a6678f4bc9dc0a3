"""Programs for the development of lgstream, used by its tests, benchmarks and ``make``."""
