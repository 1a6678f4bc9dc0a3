"""The data of a run that is saved in a notebook, and the reductions that limit its size."""
