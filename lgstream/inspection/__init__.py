"""Looking at any value without changing it: what it is, what it holds, and how it is shown in a few characters."""
