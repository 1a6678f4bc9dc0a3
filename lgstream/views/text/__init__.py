"""Values, errors and figures as bounded text."""
