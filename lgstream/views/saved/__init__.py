"""A run as data that is saved in a notebook, and the reductions that keep it small."""
